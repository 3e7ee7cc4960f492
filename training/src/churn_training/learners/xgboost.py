"""Gradient boosting (Chen and Guestrin, 2016) by XGBoost."""

from pathlib import Path

import xgboost

from churn_training.learners.fitted_member import THREADS, FittedMember
from churn_training.learners.learner import Learner, Parameters
from churn_training.learners.parameter_rules import NO_EVALUATION_SET, OWNED, UNKEPT, Choice, ParameterRules, refused
from churn_training.training_data import TrainingData

_OWNED = ("n_jobs", "nthread", "random_state", "seed", "verbosity", "validate_parameters")
# What the library's page "XGBoost Parameters" names for trees and dart beside the constructor's own words.
_DOCUMENTED = (
    *("eta", "min_split_loss", "lambda", "alpha", "updater", "refresh_leaf", "process_type", "max_cached_hist_node"),
    *("sample_type", "normalize_type", "rate_drop", "one_drop", "skip_drop", "seed_per_iteration"),
    *("nthread", "seed"),
)


def fit_xgboost(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows; each split learns where missing values go."""
    classifier = xgboost.XGBClassifier(**parameters, n_jobs=THREADS, random_state=seed)
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def xgboost_rules() -> ParameterRules:
    """Names from the constructor, and the native ones that it hands on."""
    return ParameterRules(
        library="xgboost",
        known=frozenset(xgboost.XGBClassifier().get_params()) | frozenset(_DOCUMENTED),
        refused=(
            refused(_OWNED, OWNED)
            | refused(("missing",), UNKEPT)
            | refused(("early_stopping_rounds", "callbacks"), NO_EVALUATION_SET)
        ),
        tree_counts=frozenset({"n_estimators", "num_parallel_tree"}),
        choices=(
            Choice(frozenset({"objective"}), ("binary:logistic", "reg:logistic"), "it gives no probability"),
            Choice(frozenset({"booster"}), ("gbtree", "dart"), "only trees can be served"),
        ),
    )


XGBOOST = Learner(fit_xgboost, xgboost_rules)


def _write(classifier: xgboost.XGBClassifier, path: Path) -> None:
    classifier.save_model(path)
