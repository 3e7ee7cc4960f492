"""A stack of scikit-learn's learners, each tuned by random search within the budget: what a careful person builds."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from bench.lab.fold_task import CORES, Fitted, FoldTask, answer, frames
from scipy.stats import loguniform, randint, uniform
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterSampler, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

_CATEGORIES = make_column_selector(dtype_exclude="number")
_NUMBERS = make_column_selector(dtype_include="number")
_TUNING_FOLDS, _STACK_FOLDS = 3, 5
_SPARE = 1.3
"""The stack takes longer than its parts promise."""

_FOREST = {"min_samples_leaf": randint(1, 20), "max_features": uniform(0.1, 0.9)}


@dataclass
class _Tuned:
    """One learner, what may be tried of it, and the best so far."""

    learner: Any
    tried: Mapping[str, Any]
    auc: float = -1.0
    seconds: float = 0.0
    """For one fit of the best."""
    best: dict[str, Any] = field(default_factory=dict)

    def estimator(self, values: Mapping[str, Any]) -> Any:
        """With the encoding that it needs."""
        learner = self.learner(**values)
        return make_pipeline(_one_hot() if self.learner is LogisticRegression else _ordinal(), learner)


def fit(task: FoldTask) -> Fitted:
    """Tune all learners in turn until no more time is left than the stack needs."""
    ends = time.monotonic() + task.seconds
    features, target = task.rows()
    learners = _learners()
    random = np.random.RandomState(0)
    tried = 0
    for tuned in cycle(learners):
        if tried >= len(learners) and time.monotonic() + _stack_seconds(learners) >= ends:
            break
        # The first of each is as the library has it.
        values = next(iter(ParameterSampler(tuned.tried, 1, random_state=random))) if tried >= len(learners) else {}
        _try(tuned, values, features, target)
        tried += 1
    parts = [(tuned.learner.__name__, tuned.estimator(tuned.best)) for tuned in learners]
    stack = StackingClassifier(parts, LogisticRegression(), cv=_STACK_FOLDS, n_jobs=CORES).fit(features, target)
    stack.set_params(n_jobs=1)

    def score(rows: pd.DataFrame) -> object:
        return stack.predict_proba(rows)[:, 1]

    return Fitted(score, frames(score), f"a stack of {len(learners)} after {tried} trials")


def _learners() -> list[_Tuned]:
    boosting = {
        "learning_rate": loguniform(0.01, 0.3),
        "max_iter": randint(50, 400),
        "max_leaf_nodes": randint(4, 48),
        "min_samples_leaf": randint(5, 100),
        "l2_regularization": loguniform(0.01, 30),
        "max_features": uniform(0.3, 0.7),
    }
    return [
        _Tuned(HistGradientBoostingClassifier, boosting),
        _Tuned(RandomForestClassifier, {**_FOREST, "n_estimators": [300]}),
        _Tuned(ExtraTreesClassifier, {**_FOREST, "n_estimators": [300]}),
        _Tuned(LogisticRegression, {"C": loguniform(0.01, 100), "max_iter": [1000]}),
    ]


def _try(tuned: _Tuned, values: dict[str, Any], features: pd.DataFrame, target: "pd.Series[int]") -> None:
    found = cross_validate(tuned.estimator(values), features, target, scoring="roc_auc", cv=_TUNING_FOLDS, n_jobs=CORES)
    auc = float(np.mean(found["test_score"]))
    if auc > tuned.auc:
        tuned.auc, tuned.best, tuned.seconds = auc, values, float(np.mean(found["fit_time"] + found["score_time"]))


def _stack_seconds(learners: list[_Tuned]) -> float:
    """Every part once on all rows and once for each fold, shared by the cores; tuning fitted on two thirds of them."""
    fits = sum(tuned.seconds for tuned in learners) * (_STACK_FOLDS + 1) / CORES
    return fits * _SPARE * _TUNING_FOLDS / (_TUNING_FOLDS - 1)


def _ordinal() -> Any:
    categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_column_transformer((categories, _CATEGORIES), remainder="passthrough")


def _one_hot() -> Any:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer((OneHotEncoder(handle_unknown="ignore"), _CATEGORIES), (numbers, _NUMBERS))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answer(fit)
