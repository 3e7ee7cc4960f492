"""DeLong's variance by ranks against its definition by pairs, and against what a simulation shows."""

import numpy as np
import pytest
from churn_models.delong import delong
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def _by_pairs(target: NDArray[np.int64], models: list[Numbers]) -> tuple[Numbers, Numbers]:
    """DeLong et al. (1988), equations 2 to 5: every churner against every other customer."""
    wins = []
    for scores in models:
        gap = scores[target == 1][:, None] - scores[target == 0][None, :]
        wins.append((gap > 0) + 0.5 * (gap == 0))
    by_churner, by_other = (np.array([win.mean(axis=axis) for win in wins]) for axis in (1, 0))
    covariance = np.cov(by_churner) / by_churner.shape[1] + np.cov(by_other) / by_other.shape[1]
    return by_churner.mean(axis=1), covariance


@pytest.mark.parametrize("decimals", [pytest.param(9, id="no ties"), pytest.param(1, id="many ties")])
def test_ranks_give_what_pairs_give(decimals: int) -> None:
    generator = np.random.default_rng(0)
    target = (generator.random(300) < 0.2).astype(np.int64)
    models = [np.round(generator.random(300) + target * gain, decimals).astype(np.float64) for gain in (0.1, 0.3)]
    values, covariance = _by_pairs(target, models)
    found = delong(target, *models)
    np.testing.assert_allclose(found.values, values, atol=1e-12)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-12)


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    held = []
    for _ in range(400):
        target = (generator.random(300) < 0.3).astype(np.int64)
        common = generator.normal(size=300) + target
        first, second = (common + generator.normal(size=300) for _ in range(2))
        _, low, high = delong(target, first, second).difference(0.9)
        held.append(low <= 0 <= high)
    assert np.mean(held) == pytest.approx(0.9, abs=0.045)


def test_a_model_differs_not_from_itself() -> None:
    generator = np.random.default_rng(2)
    target, scores = generator.integers(0, 2, 200), generator.random(200)
    assert delong(target, scores, scores).difference(0.9) == (0, 0, 0)


def test_a_row_of_weight_two_moves_the_area_as_two_rows_do() -> None:
    generator = np.random.default_rng(3)
    target, scores = generator.integers(0, 2, 200), generator.random(200).round(2)
    twice = generator.random(200) < 0.3
    weighted = delong(target, scores, weights=np.where(twice, 2.0, 1.0))
    repeated = delong(np.concatenate([target, target[twice]]), np.concatenate([scores, scores[twice]]))
    assert weighted.values[0] == pytest.approx(repeated.values[0], abs=1e-12)
    assert weighted.covariance[0, 0] > repeated.covariance[0, 0], "one customer seen twice is not two customers"


def test_the_interval_of_a_weighted_area_holds_the_truth_as_often_as_it_says() -> None:
    """Of rows with high scores only a tenth is seen, and each stands for ten."""
    generator = np.random.default_rng(4)
    truth, held = 0.7602, []  # P(normal(1, 1) > normal(0, 1)) = Phi(1 / sqrt(2))
    for _ in range(300):
        target = (generator.random(4_000) < 0.3).astype(np.int64)
        scores = generator.normal(size=4_000) + target
        seen = (scores < 1.5) | (generator.random(4_000) < 0.1)
        weights = np.where(scores < 1.5, 1.0, 10.0)[seen]
        low, high = delong(target[seen], scores[seen], weights=weights).interval(0, 0.9)
        held.append(low <= truth <= high)
    assert np.mean(held) == pytest.approx(0.9, abs=0.05)
