"""Whether a column says something of the class that out-of-fold scores do not say already.

Under the hypothesis that it does not, the classes of customers with the same score could be exchanged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from churn_models.combine import Scores
from numpy.typing import NDArray
from scipy.stats import rankdata

from churn_training.training_data import Target

_STRATUM = 20
"""Customers of neighbouring scores, among whom classes are exchanged."""
_PERMUTATIONS = 1999
_BATCH = 50
_MOST_ROWS = 20_000
"""More make a difference significant that nobody would notice."""


@dataclass(frozen=True)
class Tested:
    """Of each column: the p-value adjusted for their number, and what it has to do with the class.

    `effects` are correlations of ranks with the class among customers of the same score, their signs included.
    """

    p_values: NDArray[np.float64]
    effects: NDArray[np.float64]


def permutation_test(columns: NDArray[np.floating[Any]], target: Target, scores: Scores, seed: int) -> Tested:
    """Of columns `[rows, columns]`, NaN where missing: a permutation test within strata of the scores.

    The correction is the single-step one by the largest statistic of all columns in each permutation (Westfall and
    Young, Resampling-based multiple testing, 1993), which knows how alike the columns are.
    """
    chosen = _chosen(scores, seed)
    ranks = _centred(_ranks(columns[chosen]))
    lengths = np.sqrt(np.square(ranks).sum(axis=0))
    ranks = np.divide(ranks, lengths, out=np.zeros_like(ranks), where=lengths > 0)
    classes = target[chosen].astype(np.float64).reshape(-1, _STRATUM)
    classes -= classes.mean(axis=1, keepdims=True)
    length = np.sqrt(np.square(classes).sum())
    effects = (classes.ravel() @ ranks) / max(length, 1e-12)
    generator = np.random.default_rng(seed)
    largest = np.concatenate([_largest(classes, ranks, generator) for _ in range(_PERMUTATIONS // _BATCH + 1)])
    reached = (largest[:, None] / max(length, 1e-12) >= np.abs(effects) - 1e-12).sum(axis=0)
    return Tested((1 + reached) / (1 + len(largest)), effects)


def _chosen(scores: Scores, seed: int) -> NDArray[np.int64]:
    """Positions of whole strata, in the order of the scores."""
    rows = np.arange(len(scores))
    if len(rows) > _MOST_ROWS:
        rows = np.random.default_rng(seed).choice(len(rows), _MOST_ROWS, replace=False)
    ordered = rows[np.argsort(scores[rows], kind="stable")]
    return np.asarray(ordered[: len(ordered) - len(ordered) % _STRATUM])


def _ranks(columns: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """By column; a missing value has the mean rank, which says nothing."""
    found = np.empty(columns.shape)
    for place, column in enumerate(columns.T):
        known = ~np.isnan(column)
        ranks = rankdata(column[known])
        found[known, place] = ranks
        found[~known, place] = ranks.mean() if len(ranks) else 0.0
    return found


def _centred(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    strata = ranks.reshape(-1, _STRATUM, ranks.shape[1])
    return np.asarray((strata - strata.mean(axis=1, keepdims=True)).reshape(ranks.shape))


def _largest(
    classes: NDArray[np.float64], ranks: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Of all columns, in each permutation of a batch."""
    exchanged = np.stack([generator.permuted(classes, axis=1).ravel() for _ in range(_BATCH)])
    return np.asarray(np.abs(exchanged @ ranks).max(axis=1))
