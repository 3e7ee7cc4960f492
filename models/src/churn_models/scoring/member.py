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
from churn_models.errors import MemberUnreadable, TypeUntrusted
from churn_models.member_kind import MemberKind
from churn_models.scoring.structure.check import check_estimator, check_file


@dataclass(frozen=True)
class ScoreMember:
    """A fitted member; `model` is its library's own object."""

    model: Any
    predict: Callable[[Matrix], Any]

    def __call__(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows]` of encoded rows `[rows, features]`."""
        return np.asarray(self.predict(matrix), dtype=np.float64)


def load_member(kind: MemberKind, path: Path, features: int) -> ScoreMember:
    """Read the file of a verified bundle whose rows have so many features.

    The structure is checked first: the libraries would follow a file of another structure anywhere. Raises
    MemberUnreadable or TypeUntrusted.
    """
    try:
        check_file(kind, path, features)
        return _LOADERS[kind](kind, path, features)
    except TypeUntrusted:
        raise
    except MemberUnreadable as error:
        raise MemberUnreadable(f"{path} cannot be read: {error}") from error
    except Exception as error:  # each library has its own errors, some of them plain MemoryError or RecursionError
        raise MemberUnreadable(f"{path} cannot be read: {type(error).__name__}: {error}") from error


def _load_skops(kind: MemberKind, path: Path, features: int) -> ScoreMember:
    from churn_models.scoring.trusted_types import load_skops  # noqa: PLC0415

    estimator = load_skops(path)
    check_estimator(kind, estimator, features)
    return _from_classifier(estimator)


def _load_xgboost(_: MemberKind, path: Path, __: int) -> ScoreMember:
    import xgboost  # noqa: PLC0415

    booster = xgboost.Booster(model_file=path)
    return ScoreMember(booster, lambda matrix: booster.inplace_predict(matrix, validate_features=False))


def _load_lightgbm(_: MemberKind, path: Path, __: int) -> ScoreMember:
    import lightgbm  # noqa: PLC0415

    booster = lightgbm.Booster(model_file=path)
    return ScoreMember(booster, booster.predict)


def _load_catboost(_: MemberKind, path: Path, __: int) -> ScoreMember:
    try:
        import catboost  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise MemberUnreadable("a catboost member needs the catboost extra") from error
    model = catboost.CatBoostClassifier()
    model.load_model(str(path))
    return _from_classifier(model)


def _from_classifier(classifier: Any) -> ScoreMember:
    return ScoreMember(classifier, lambda matrix: classifier.predict_proba(matrix)[:, 1])


_LOADERS = {
    MemberKind.RANDOM_FOREST: _load_skops,
    MemberKind.LOGISTIC_REGRESSION: _load_skops,
    MemberKind.XGBOOST: _load_xgboost,
    MemberKind.LIGHTGBM: _load_lightgbm,
    MemberKind.CATBOOST: _load_catboost,
}
