"""Figures of paired scores and what sampling does to them, beside samples drawn again and again."""

from collections.abc import Callable

import numpy as np
import pytest
from churn_models.paired_scores import PairedScores
from churn_operator.decide.gates.estimates import Estimate, estimate_rank_correlation, estimate_score_psi
from support.paired_pods import OTHER, STABLE, alike, pairs_of

_ROWS = 1_000
_MANY = 400_000


def _ranked(joint: PairedScores) -> Estimate:
    found = estimate_rank_correlation(joint)
    assert found is not None
    return found


def _shifted(rng: np.random.Generator, rows: int) -> PairedScores:
    first = rng.uniform(size=rows)
    return pairs_of(first, np.clip(first**1.3 + rng.normal(0, 0.08, rows), 0, 1))


def _drawn(whole: PairedScores, rng: np.random.Generator, rows: int) -> PairedScores:
    """Fewer rows of the same two models."""
    shares = np.array([n for *_, n in whole.cells], dtype=float)
    drawn = rng.multinomial(rows, shares / shares.sum())
    cells = tuple((i, j, int(n)) for (i, j, _), n in zip(whole.cells, drawn, strict=True) if n)
    return whole.model_copy(update={"cells": cells})


@pytest.mark.parametrize(
    ("estimate", "rows"),
    # The index's own gradient is noisy near 0, so with fewer rows its deviation is too large rather than too small.
    [(estimate_score_psi, 10_000), (_ranked, 1_000)],
)
def test_the_deviation_is_what_samples_show(estimate: Callable[[PairedScores], Estimate], rows: int) -> None:
    rng = np.random.default_rng(16)
    whole = _shifted(rng, _MANY)
    found = [estimate(_drawn(whole, rng, rows)) for _ in range(400)]
    seen = np.std([one.value for one in found]) * np.sqrt(rows)
    assert np.mean([one.deviation for one in found]) == pytest.approx(seen, rel=0.15)


def test_the_deviation_of_the_index_is_not_too_small_with_few_rows() -> None:
    rng = np.random.default_rng(16)
    whole = _shifted(rng, _MANY)
    found = [estimate_score_psi(_drawn(whole, rng, 200)) for _ in range(400)]
    assert np.mean([one.deviation for one in found]) > np.std([one.value for one in found]) * np.sqrt(200)


def test_few_pairs_alone_do_not_make_a_stability_index() -> None:
    rng = np.random.default_rng(16)
    whole = alike(rng, _MANY)
    drawn = [_drawn(whole, rng, 200) for _ in range(300)]
    plain = np.mean([one.score_psi or 0.0 for one in drawn])
    corrected = np.mean([estimate_score_psi(one).value for one in drawn])
    assert plain > 0.02
    assert corrected < plain / 3


def test_the_rank_correlation_is_that_of_the_pairs() -> None:
    joint = _shifted(np.random.default_rng(16), _ROWS)
    assert _ranked(joint).value == joint.rank_correlation


def test_scores_in_one_bin_have_no_order() -> None:
    joint = PairedScores(stable=STABLE, other=OTHER, edges_of=STABLE, bins=5, cells=((0, 2, 10), (1, 2, 10)))
    assert estimate_rank_correlation(joint) is None


def test_equal_scores_differ_by_nothing_for_certain() -> None:
    scores = np.random.default_rng(16).uniform(size=_ROWS)
    joint = pairs_of(scores, scores)
    index, ranks = estimate_score_psi(joint), _ranked(joint)
    assert (index.value, index.deviation) == pytest.approx((0.0, 0.0))
    assert (ranks.value, ranks.deviation) == pytest.approx((1.0, 0.0), abs=1e-6)
