"""False alarms at every look, and how many outcomes a worsening takes, against reference figures of such tests."""

import numpy as np
import pytest
from churn_models.labels.e_values import log_cusum, log_wealth
from numpy.typing import NDArray

_ALLOWED = 0.17
"""Errors that are claimed to be the most."""


def _gains(rng: np.random.Generator, errors: float, outcomes: int) -> NDArray[np.float64]:
    return ((rng.random(outcomes) < errors) - _ALLOWED) / _ALLOWED


def test_looking_after_each_of_20_000_outcomes_gives_no_more_false_alarms_than_promised() -> None:
    rng = np.random.default_rng(17)
    alarms = [log_wealth(_gains(rng, _ALLOWED, 20_000)).max() >= np.log(1 / 0.05) for _ in range(300)]
    assert np.mean(alarms) <= 0.05


def test_a_detector_gives_one_false_alarm_in_so_many_outcomes() -> None:
    rng = np.random.default_rng(17)
    lasted = []
    for _ in range(300):
        above = log_cusum(_gains(rng, _ALLOWED, 3_000)) >= np.log(100)
        lasted.append(int(above.argmax()) if above.any() else 3_000)
    assert np.mean(lasted) >= 100


@pytest.mark.parametrize(("errors", "outcomes"), [(0.25, 300), (0.30, 110)])
def test_a_worsening_is_found_within(errors: float, outcomes: int) -> None:
    rng = np.random.default_rng(17)
    found = [int((log_cusum(_gains(rng, errors, 2_000)) >= np.log(100)).argmax()) for _ in range(200)]
    assert np.median(found) <= outcomes


def test_a_detector_finds_what_begins_late_as_fast_as_what_begins_at_once() -> None:
    """After a good year the plain wealth is so low that it needs that year again."""
    rng = np.random.default_rng(17)
    gains = np.concatenate([_gains(rng, 0.10, 5_000), _gains(rng, 0.30, 200)])
    assert log_cusum(gains)[-1] >= np.log(100)
    assert log_wealth(gains)[-1] < 0


def test_nobody_loses_more_than_there_is() -> None:
    assert np.isfinite(log_wealth(-np.ones(1_000))).all()
