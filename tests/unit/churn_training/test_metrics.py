"""Metrics against cases worked out by hand, and their intervals."""

import numpy as np
import pytest
from churn_training.evaluate import with_intervals
from churn_training.metrics import Metric, calibration_error, lift_at_10_percent, measure

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
    assert set(intervals) == set(Metric)
    assert intervals == with_intervals(target, scores, seed=1)
    for metric in set(Metric) - {Metric.CALIBRATION_ERROR}:
        assert intervals[metric].low <= intervals[metric].value <= intervals[metric].high


def test_intervals_are_as_wide_as_those_of_resampled_rows() -> None:
    generator = np.random.default_rng(0)
    scores = generator.beta(1, 3, 2000)
    target = (generator.random(2000) < scores).astype(np.int64)
    drawn = [measure(target[rows], scores[rows]) for rows in generator.integers(0, 2000, (300, 2000))]
    for metric, interval in with_intervals(target, scores, seed=1).items():
        if metric is not Metric.CALIBRATION_ERROR:
            low, high = np.quantile([figures[metric] for figures in drawn], [0.025, 0.975])
            assert interval.high - interval.low == pytest.approx(high - low, rel=0.3), metric


def test_accuracy_is_that_of_the_decision() -> None:
    scores = np.array([0.1, 0.3, 0.4, 0.9])
    assert measure(np.array([0, 1, 1, 1]), scores, threshold=0.2)[Metric.ACCURACY] == 1
    assert measure(np.array([0, 1, 1, 1]), scores)[Metric.ACCURACY] == 0.5
