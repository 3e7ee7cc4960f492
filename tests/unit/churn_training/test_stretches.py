"""What differs between stretches of time, beyond what chance brings about: of shares, of means, of the next one."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_training.stretches import Times, mean_interval, next_interval, spread_of_share, stretches

TIMES = np.arange(20_000.0)


class Gaps(NamedTuple):
    """Share of missing values in each of 20 stretches, and the spread that is found."""

    shares: list[float]
    spread: float


GAPS = {
    "as many everywhere": Gaps([0.1] * 20, 0.0),
    "none": Gaps([0.0] * 20, 0.0),
    "a source that comes and goes": Gaps([0.0, 0.2] * 10, 0.1026),
    "dead half of the time": Gaps([0.0] * 10 + [1.0] * 10, 0.513),
}


@pytest.mark.parametrize("name", GAPS)
def test_the_spread_of_a_share_is_what_chance_does_not_explain(name: str) -> None:
    case, rng = GAPS[name], np.random.default_rng(1)
    hits = rng.random(20_000) < np.repeat(case.shares, 1_000)
    found = spread_of_share(hits, stretches(TIMES, 1_000))
    assert found == pytest.approx(case.spread, abs=0.006)


def test_stretches_are_in_the_order_of_time_and_hold_every_row_once() -> None:
    order = np.random.default_rng(2).permutation(4_700)
    parts = stretches(order.astype(np.float64), 1_000)
    assert [len(part) for part in parts] == [1175] * 4
    assert np.concatenate([order[part] for part in parts]).tolist() == list(range(4_700))


@pytest.mark.parametrize("times", [None, TIMES[:3_999]], ids=["no time", "too few rows"])
def test_without_stretches_nothing_is_told(times: Times | None) -> None:
    parts = stretches(times, 1_000)
    assert not parts
    assert spread_of_share(np.ones(4_000, dtype=bool), parts) == 0.0
    assert mean_interval([0.1] * 3) is None
    assert next_interval([0.1] * 3) is None


def test_intervals_hold_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    figures = rng.normal(0.5, 0.1, (2_000, 9))
    means = [mean_interval(row[:8].tolist()) for row in figures]
    nexts = [next_interval(row[:8].tolist()) for row in figures]
    assert np.mean([found is not None and found[1] <= 0.5 <= found[2] for found in means]) == pytest.approx(
        0.95, abs=0.02
    )
    inside = [found is not None and found[0] <= row[8] <= found[1] for found, row in zip(nexts, figures, strict=True)]
    assert np.mean(inside) == pytest.approx(0.99, abs=0.01)
