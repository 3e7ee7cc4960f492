"""How well each column alone tells the classes apart: what `leakage` judges by."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from churn_models.spelling import MISSING_MARKERS, text_of
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from churn_training.frame_cells import numbers_in
from churn_training.frame_origin import origin_of
from churn_training.init.profile import ColumnProfile, TableProfile

_MOST_ROWS = 50_000
_BINS = 64
_PRIOR_ROWS = 5.0
_MARKERS = frozenset(marker.casefold() for marker in MISSING_MARKERS)


def measure_separation(frame: pd.DataFrame, profile: TableProfile, churned: NDArray[np.bool_]) -> Mapping[str, float]:
    """AUC of each column by itself, `churned` `[rows]` being the target.

    A value is scored by the share of churn among its like (the same word, or the same 64th of the numbers, gaps being
    their own kind) in the other half of the rows, so that a column of many words gains nothing by having them.
    """
    chosen = np.arange(len(frame))
    if len(chosen) > _MOST_ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, _MOST_ROWS, replace=False))
    target = churned[chosen]
    half = np.random.default_rng(1).random(len(chosen)) < 0.5
    if min(target[half].sum(), target[~half].sum(), (~target[half]).sum(), (~target[~half]).sum()) == 0:
        return {}
    decimal = origin_of(frame).decimal
    return {
        column.name: _area(_groups(column, frame[column.name].iloc[chosen], decimal), target, half)
        for column in profile.columns
    }


def _groups(column: ColumnProfile, values: "pd.Series[Any]", decimal: str) -> NDArray[np.int64]:
    if column.numbers is None:
        return np.asarray(pd.factorize(values.map(text_of, na_action="ignore"))[0], dtype=np.int64)
    numbers, _ = numbers_in(values, _MARKERS, decimal)
    present = numbers[np.isfinite(numbers)]
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1))) if len(present) else np.zeros(1)
    groups = np.searchsorted(edges, numbers, side="right").astype(np.int64)
    groups[~np.isfinite(numbers)] = -1
    return groups


def _area(groups: NDArray[np.int64], target: NDArray[np.bool_], half: NDArray[np.bool_]) -> float:
    places = groups + 1
    scores = np.empty(len(target))
    for learned in (half, ~half):
        rows = np.bincount(places[learned], minlength=places.max() + 1)
        churn = np.bincount(places[learned], weights=target[learned], minlength=places.max() + 1)
        rates = (churn + _PRIOR_ROWS * target[learned].mean()) / (rows + _PRIOR_ROWS)
        scores[~learned] = rates[places[~learned]]
    return float(roc_auc_score(target, scores))
