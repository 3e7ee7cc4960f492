"""Ordered boosting (Prokhorenkova et al., 2018) by CatBoost; the library comes with the extra `catboost`."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from churn_training.errors import TrainingError
from churn_training.learners.fitted_member import THREADS, FittedMember
from churn_training.learners.learner import Learner, Parameters
from churn_training.learners.parameter_rules import NO_EVALUATION_SET, OWNED, Choice, ParameterRules, refused
from churn_training.training_data import TrainingData

_OWNED = ("thread_count", "random_seed", "random_state", "verbose", "silent", "logging_level", "allow_writing_files")
_NEED_EVALUATION_SET = ("early_stopping_rounds", "od_pval", "od_type", "od_wait", "use_best_model")
_PROBABILITIES = ("Logloss", "CrossEntropy", "MultiClass")


def fit_catboost(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows. Raises TrainingError where the extra is not installed."""
    classifier = _library().CatBoostClassifier(
        **parameters, thread_count=THREADS, random_seed=seed, verbose=False, allow_writing_files=False
    )
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def catboost_rules() -> ParameterRules:
    """Names from the constructor. Raises TrainingError where the extra is not installed."""
    names = frozenset(inspect.signature(_library().CatBoostClassifier.__init__).parameters) - {"self"}
    return ParameterRules(
        library="catboost",
        known=names,
        refused=refused(_OWNED, OWNED) | refused(_NEED_EVALUATION_SET, NO_EVALUATION_SET),
        tree_counts=frozenset({"iterations", "n_estimators", "num_boost_round", "num_trees"}),
        choices=(Choice(frozenset({"loss_function", "objective"}), _PROBABILITIES, "it gives no probability"),),
    )


CATBOOST = Learner(fit_catboost, catboost_rules)


def _library() -> ModuleType:
    try:
        import catboost  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise TrainingError("a catboost member needs the extra: pip install 'churn-training[catboost]'") from error
    library: ModuleType = catboost
    return library


def _write(classifier: Any, path: Path) -> None:
    classifier.save_model(str(path), format="cbm")
