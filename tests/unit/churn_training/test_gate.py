"""The gate's decision for every bound."""

import pytest
from churn_models.ensemble_spec import Gate
from churn_training.gate import missed
from churn_training.metrics import Metric

FIGURES = {
    Metric.AUC: 0.8,
    Metric.ACCURACY: 0.75,
    Metric.LOG_LOSS: 0.4,
    Metric.BRIER: 0.15,
    Metric.CALIBRATION_ERROR: 0.05,
    Metric.LIFT: 2.5,
}


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        pytest.param(Gate(min_auc=0.81), "auc is 0.8000, at least 0.81 is required", id="auc"),
        pytest.param(Gate(min_accuracy=0.76), "accuracy is 0.7500", id="accuracy"),
        pytest.param(Gate(min_lift=3), "lift_at_10_percent is 2.5000", id="lift"),
        pytest.param(Gate(max_log_loss=0.39), "log_loss is 0.4000, at most 0.39 is allowed", id="log loss"),
        pytest.param(Gate(max_brier=0.1), "brier is 0.1500", id="brier"),
        pytest.param(Gate(max_calibration_error=0.01), "calibration_error is 0.0500", id="calibration"),
    ],
)
def test_each_bound_can_miss(gate: Gate, message: str) -> None:
    (miss,) = missed(gate, FIGURES)
    assert message in miss


def test_a_bound_that_is_just_reached_holds() -> None:
    assert missed(Gate(min_auc=0.8, max_brier=0.15), FIGURES) == []


def test_no_bounds_hold_always() -> None:
    assert missed(Gate(), FIGURES) == []


def test_a_figure_that_is_no_number_misses() -> None:
    assert missed(Gate(min_auc=0.5), {**FIGURES, Metric.AUC: float("nan")})
