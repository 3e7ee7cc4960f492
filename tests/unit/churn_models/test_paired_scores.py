"""Pairs as counts: both figures are those of the scores themselves, and pods' counts add up."""

from bisect import bisect_left
from collections import Counter

import numpy as np
import pytest
from churn_models.paired_scores import PairedScores, sum_of
from churn_models.score_shift import counts_between, population_stability
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.stats import spearmanr

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
EDGES = np.quantile(np.random.default_rng(0).beta(2, 5, 5_000), np.linspace(0, 1, 65)[1:-1])


def _pairs(stable: NDArray[np.float64], other: NDArray[np.float64]) -> PairedScores:
    cells = Counter(
        (bisect_left(list(EDGES), first), bisect_left(list(EDGES), second))
        for first, second in zip(stable, other, strict=True)
    )
    counted = tuple((*cell, rows) for cell, rows in cells.items())
    return PairedScores(stable=A, other=B, edges_of=A, bins=len(EDGES) + 1, cells=counted)


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.2, 2.0])
def test_figures_are_those_of_the_scores(noise: float) -> None:
    rng = np.random.default_rng(1)
    stable = rng.beta(2, 5, 4_000)
    other = np.clip(stable + rng.normal(0, noise, 4_000), 0, 1)
    pairs = _pairs(stable, other)
    assert pairs.rows == 4_000
    expected = population_stability(counts_between(EDGES, stable), counts_between(EDGES, other))
    assert pairs.score_psi == pytest.approx(expected)
    # 64 bins round ranks, which takes a little of the correlation.
    assert pairs.rank_correlation == pytest.approx(spearmanr(stable, other).statistic, abs=0.005)


def test_inverted_scores_correlate_negatively() -> None:
    stable = np.random.default_rng(2).beta(2, 5, 1_000)
    assert (_pairs(stable, 0.6 - stable).rank_correlation or 0) < -0.95


def test_equal_scores_correlate_with_nothing() -> None:
    stable = np.random.default_rng(3).beta(2, 5, 1_000)
    pairs = _pairs(stable, np.full(1_000, 0.5))
    assert pairs.rank_correlation is None
    assert (pairs.score_psi or 0) > 1


def test_no_rows_have_no_figures() -> None:
    pairs = _pairs(np.empty(0), np.empty(0))
    assert (pairs.rows, pairs.score_psi, pairs.rank_correlation) == (0, None, None)


def test_pods_add_up() -> None:
    rng = np.random.default_rng(4)
    stable, other = rng.random(300), rng.random(300)
    parts = [_pairs(stable[place::3], other[place::3]) for place in range(3)]
    assert sum_of(parts) == sum_of([_pairs(stable, other)])
    assert sum_of([]) is None


def test_pairs_of_other_models_do_not_add_up() -> None:
    pairs = _pairs(np.full(3, 0.1), np.full(3, 0.2))
    with pytest.raises(ValueError, match="do not add up"):
        sum_of([pairs, pairs.model_copy(update={"edges_of": B})])


@pytest.mark.parametrize("cell", [(0, 3, 1), (-1, 0, 1), (0, 0, -1)])
def test_a_cell_outside_the_bins(cell: tuple[int, int, int]) -> None:
    with pytest.raises(ValidationError):
        PairedScores(stable=A, other=B, edges_of=A, bins=3, cells=(cell,))
