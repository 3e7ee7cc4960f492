"""One fitted member, read from its file and asked for P(churn) through its stock library.

Used for golden rows, by pyfunc and by the runtimes. Each library is imported where its kind is read: a process
that serves one member alone, or none, pays for no other in memory and start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.errors import MemberUnreadable
from churn_models.member_kind import MemberKind


@dataclass(frozen=True)
class ScoreMember:
    """A fitted member; `model` is its library's own object."""

    model: Any
    predict: Callable[[Matrix], Any]

    def __call__(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows]` of encoded rows `[rows, features]`."""
        return np.asarray(self.predict(matrix), dtype=np.float64)


def load_member(kind: MemberKind, path: Path) -> ScoreMember:
    """Read the file of a verified bundle.

    Raises MemberUnreadable or TypeUntrusted.
    """
    match kind:
        case MemberKind.RANDOM_FOREST | MemberKind.LOGISTIC_REGRESSION:
            return _load_skops(path)
        case MemberKind.XGBOOST:
            return _load_xgboost(path)
        case MemberKind.LIGHTGBM:
            return _load_lightgbm(path)
        case MemberKind.CATBOOST:
            return _load_catboost(path)


def _load_skops(path: Path) -> ScoreMember:
    from churn_models.scoring.trusted_types import load_skops  # noqa: PLC0415

    return _from_classifier(load_skops(path))


def _load_xgboost(path: Path) -> ScoreMember:
    import xgboost  # noqa: PLC0415

    try:
        booster = xgboost.Booster(model_file=path)
    except xgboost.core.XGBoostError as error:
        raise MemberUnreadable(f"{path} cannot be read: {error}") from error
    return ScoreMember(booster, lambda matrix: booster.inplace_predict(matrix, validate_features=False))


def _load_lightgbm(path: Path) -> ScoreMember:
    import lightgbm  # noqa: PLC0415

    try:
        booster = lightgbm.Booster(model_file=path)
    except lightgbm.basic.LightGBMError as error:
        raise MemberUnreadable(f"{path} cannot be read: {error}") from error
    return ScoreMember(booster, booster.predict)


def _load_catboost(path: Path) -> ScoreMember:
    try:
        import catboost  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise MemberUnreadable("a catboost member needs the catboost extra") from error
    model = catboost.CatBoostClassifier()
    try:
        model.load_model(str(path))
    except catboost.CatBoostError as error:
        raise MemberUnreadable(f"{path} cannot be read: {error}") from error
    return _from_classifier(model)


def _from_classifier(classifier: Any) -> ScoreMember:
    return ScoreMember(classifier, lambda matrix: classifier.predict_proba(matrix)[:, 1])
