"""How far two models, or two times, score apart: what the gate stores, and a rollout compares its pairs with."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LEAST = 0.5
"""Rows that an empty bin counts as, so that the index stays finite."""


def population_stability(
    expected: Sequence[int] | NDArray[np.int64], actual: Sequence[int] | NDArray[np.int64]
) -> float:
    """Population stability index of two lists of counts in the same bins (Siddiqi, Credit Risk Scorecards, 2006)."""
    first, second = (np.maximum(np.asarray(counts, dtype=np.float64), _LEAST) for counts in (expected, actual))
    first, second = first / first.sum(), second / second.sum()
    return float(np.sum((second - first) * np.log(second / first)))


def counts_between(edges: Sequence[float] | NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many scores fall in each bin `(edges[i-1], edges[i]]`, the first and last open to infinity."""
    bins = np.searchsorted(np.asarray(edges, dtype=np.float64), scores, side="left")
    return np.bincount(bins, minlength=len(edges) + 1).astype(np.int64)
