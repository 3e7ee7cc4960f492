"""Pairs of scores by their bins, each row once."""

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_runtimes.candidate.pair_counts import PairCounts

_EDGES = (0.25, 0.5, 0.75)


def _rows(*firsts: float) -> Matrix:
    """Rows of two features, told apart by the first one."""
    return np.array([[first, np.nan] for first in firsts], dtype=np.float32)


def test_rows_are_counted_by_the_bins_of_both_scores() -> None:
    counts = PairCounts(_EDGES)
    counts.add(_rows(1, 2, 3), [0.1, 0.1, 0.9], [0.3, 0.3, 0.9])
    assert counts.cells() == ((0, 1, 2), (3, 3, 1))
    assert counts.repeated == 0


def test_a_row_that_comes_again_counts_once() -> None:
    counts = PairCounts(_EDGES)
    for _ in range(3):
        counts.add(_rows(1), [0.1], [0.3])
    counts.add(_rows(1, 2), [0.1, 0.9], [0.3, 0.9])
    assert counts.cells() == ((0, 1, 1), (3, 3, 1))
    assert counts.repeated == 3


def test_rows_of_any_memory_layout_are_the_same_rows() -> None:
    counts, rows = PairCounts(_EDGES), _rows(1, 2, 3)
    counts.add(rows, [0.1] * 3, [0.1] * 3)
    counts.add(np.asfortranarray(rows), [0.1] * 3, [0.1] * 3)
    assert counts.repeated == 3


def test_few_of_many_different_rows_are_taken_for_repeated_ones() -> None:
    counts = PairCounts(_EDGES)
    scores = [0.1] * 13_000
    counts.add(np.random.default_rng(16).normal(size=(13_000, 19)).astype(np.float32), scores, scores)
    assert counts.repeated / 13_000 == pytest.approx(0.05, abs=0.02)
