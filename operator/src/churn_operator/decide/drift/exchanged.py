"""Whether two categories have each other's names, by what comes with them: equal shares tell nothing of that."""

from itertools import combinations
from math import log

import numpy as np
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.reference import CategoricalReference
from numpy.typing import NDArray

_FEW = 50
"""Rows of a category, now or in training; of fewer nobody knows what comes with it."""
_LEAST = 0.5
"""Rows that each cell of training counts more, so that what it never saw is not impossible."""
_CLOSER = 0.5
"""How far a category may be from the other's rows of training, as a share of how far it is from its own."""

Table = NDArray[np.float64]


def are_exchanged(reference: CategoricalReference, counts: CategoricalCounts, chance: float) -> bool:
    """Whether some pair of categories comes with what the other came with in training, both of them.

    A likelihood ratio for each of the two: its rows, under the other's shares of the partner's categories, against
    under its own. Where the names are right a ratio ever exceeds 1 / a with probability a at most (Markov), so both
    have to for one pair of all. The world moves, too, but hardly so that two categories take each other's place: each
    must be far nearer to the other's rows than to its own.
    """
    expected = np.array(reference.joint, dtype=np.float64)
    if not counts.joint or expected.size != len(counts.joint):
        return False
    actual = np.array(counts.joint, dtype=np.float64).reshape(expected.shape)
    enough = np.flatnonzero((expected.sum(axis=1) >= _FEW) & (actual.sum(axis=1) >= _FEW))
    if len(enough) < 2:
        return False
    trained = _shares(expected[enough] + _LEAST)
    likelihood = actual[enough] @ np.log(trained).T
    gains = likelihood - np.diag(likelihood)[:, None]
    apart = np.abs(_shares(actual[enough])[:, None, :] - trained[None, :, :]).sum(axis=2)
    bound = log(len(enough) * (len(enough) - 1) / 2 / chance)
    return any(_is_exchanged(gains, apart, pair, bound) for pair in combinations(range(len(enough)), 2))


def _is_exchanged(gains: Table, apart: Table, pair: tuple[int, int], bound: float) -> bool:
    both = (pair, pair[::-1])
    return all(gains[a, b] > bound and apart[a, b] < _CLOSER * apart[a, a] for a, b in both)


def _shares(counts: Table) -> Table:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float64)
