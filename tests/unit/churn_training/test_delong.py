"""DeLong's variance by ranks against its definition by pairs, and against what a simulation shows."""

import numpy as np
import pytest
from churn_training.delong import delong
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
