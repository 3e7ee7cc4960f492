"""Metrics against cases worked out by hand, and their intervals."""

import numpy as np
import pytest
from churn_training.evaluate import with_intervals
from churn_training.metrics import METRICS, Metric, calibration_error, lift_at_10_percent, measure

TARGET = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
PERFECT = TARGET.astype(float)


def test_a_perfect_ranking() -> None:
    figures = measure(TARGET, np.clip(PERFECT, 0.01, 0.99))
    assert figures[Metric.AUC] == 1
    assert figures[Metric.ACCURACY] == 1
    assert figures[Metric.LIFT] == 5


@pytest.mark.parametrize(
    ("scores", "error"),
    [
        pytest.param(np.full(10, 0.2), 0.0, id="the base rate is calibrated"),
        pytest.param(np.full(10, 0.5), 0.3, id="too high everywhere"),
        pytest.param(PERFECT, 0.0, id="certain and right; a score of 1 has a bin"),
        pytest.param(1 - PERFECT, 1.0, id="certain and wrong"),
    ],
)
def test_calibration_error(scores: np.ndarray, error: float) -> None:  # type: ignore[type-arg]
    assert calibration_error(TARGET, scores) == pytest.approx(error)


def test_lift_of_a_constant_score_takes_the_first_tenth() -> None:
    assert lift_at_10_percent(TARGET, np.full(10, 0.5)) == 0


def test_intervals_hold_the_value_and_repeat_with_the_seed() -> None:
    generator = np.random.default_rng(0)
    target = generator.integers(0, 2, 300)
    scores = np.clip(target * 0.3 + generator.random(300) * 0.7, 0, 1)
    intervals = with_intervals(target, scores, seed=1)
    assert set(intervals) == set(METRICS)
    assert intervals == with_intervals(target, scores, seed=1)
    for metric in (Metric.AUC, Metric.ACCURACY, Metric.BRIER):
        assert intervals[metric].low <= intervals[metric].value <= intervals[metric].high
