"""Contributions by the libraries' own calls, by member `[rows, features + 1]`: what ours must equal.

XGBoost adds its trees' contributions in single precision, so of 300 trees its own are 1e-6 off; `exact_xgboost` asks
shap's TreeExplainer, which adds the same trees in double precision.
"""

import re
from collections.abc import Callable
from typing import Any

import catboost
import numpy as np
import shap
import xgboost
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind
from churn_models.reference import CategoricalReference
from churn_models.scoring.scorer import load_scorer
from numpy.typing import NDArray

Explain = Callable[[Matrix], Scores]


def library_contributions(bundle: Bundle) -> dict[str, Explain]:
    """By member, each ready to be asked."""
    scorer = load_scorer(bundle)
    return {
        member.name: explain_by_library(bundle, member.kind, scorer.members[member.name].model)
        for member in bundle.manifest.members
    }


def explain_by_library(bundle: Bundle, kind: MemberKind, model: Any) -> Explain:
    """Of one member, which need not be in the bundle: that says what a regression's columns were."""
    match kind:
        case MemberKind.RANDOM_FOREST:
            return _of_forest(shap.TreeExplainer(model, feature_perturbation="tree_path_dependent"))
        case MemberKind.LOGISTIC_REGRESSION:
            return _of_pipeline(bundle, model)
        case MemberKind.XGBOOST:
            return lambda rows: np.asarray(
                model.predict(xgboost.DMatrix(rows), pred_contribs=True, validate_features=False), dtype=np.float64
            )
        case MemberKind.LIGHTGBM:
            return lambda rows: np.asarray(model.predict(rows, pred_contrib=True))
        case MemberKind.CATBOOST:
            return lambda rows: np.asarray(model.get_feature_importance(catboost.Pool(rows), type="ShapValues"))


def exact_xgboost(model: xgboost.Booster) -> Explain:
    """By shap's own code over XGBoost's trees."""
    explainer = shap.TreeExplainer(
        _ReadableByShap(model_file=model.save_raw("ubj")), feature_perturbation="tree_path_dependent"
    )
    explainer.model.model_type = "internal"  # else it asks XGBoost

    def explain(rows: Matrix) -> Scores:
        moved = explainer.shap_values(rows, check_additivity=False)
        return np.column_stack([moved, explainer.model.predict(rows) - moved.sum(axis=1)])

    return explain


class _ReadableByShap(xgboost.Booster):
    """Its base score as a number, where XGBoost 3 writes a list of one; shap learnt that in a version for NumPy 2."""

    def save_raw(self, raw_format: str = "ubj") -> bytearray:
        return bytearray(re.sub(rb"\[(-?\d[-+\dE.]*)\]", rb" \1 ", bytes(super().save_raw(raw_format))))


def _of_forest(explainer: Any) -> Explain:
    base = float(explainer.expected_value[1])

    def explain(rows: Matrix) -> Scores:
        moved = explainer.shap_values(rows, check_additivity=False)[:, :, 1]
        return np.column_stack([moved, np.full(len(rows), base)])

    return explain


def _of_pipeline(bundle: Bundle, pipeline: Any) -> Explain:
    """`shap.LinearExplainer` on what the regression reads, each feature's columns together."""
    columns, regression = pipeline[0], pipeline[-1]
    owners, means = _columns(bundle, columns)
    explainer = shap.LinearExplainer(
        (regression.coef_[0], regression.intercept_[0]),
        (means, np.eye(len(means))),
        feature_perturbation="interventional",
    )

    def explain(rows: Matrix) -> Scores:
        moved = explainer.shap_values(np.asarray(columns.transform(rows), dtype=np.float64))
        by_feature = np.zeros((len(rows), rows.shape[1] + 1))
        for column, owner in enumerate(owners):
            by_feature[:, owner] += moved[:, column]
        by_feature[:, -1] = explainer.expected_value
        return by_feature

    return explain


def _columns(bundle: Bundle, columns: Any) -> tuple[list[int], NDArray[np.float64]]:
    """Of each column that the regression reads its feature, and its mean over the training rows."""
    owners, means = np.zeros(0, dtype=int), np.zeros(0)
    names, reference = bundle.schema().scored_names, bundle.reference()
    for name, transformer, positions in columns.transformers_:
        if name == "remainder":
            continue
        for place, position in enumerate(positions):
            seen = reference.features.get(names[position])  # none of a derived feature
            if not isinstance(seen, CategoricalReference):
                owners, means = np.append(owners, position), np.append(means, 0.0)
                continue
            shares = np.array(list(seen.counts.values())) / seen.n * (1 - seen.missing_ratio)
            by_code = [
                seen.missing_ratio if np.isnan(code) else shares[int(code)] for code in transformer.categories_[place]
            ]
            owners, means = np.append(owners, [position] * len(by_code)), np.append(means, by_code)
    return owners.tolist(), means
