"""The gate's decision for every bound."""

import pytest
from churn_models.comparison import Difference
from churn_models.ensemble_spec import Gate
from churn_training.gate import missed, missed_beside_champion
from churn_training.metrics import Metric
from support.fake_comparison import comparison

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


@pytest.mark.parametrize(
    ("over_time", "margin", "misses"),
    [
        pytest.param(Difference(value=0.02, low=-0.01, high=0.05), 0.0, True, id="better in one stretch alone"),
        pytest.param(Difference(value=0.02, low=0.01, high=0.03), 0.0, False, id="better in every stretch"),
        pytest.param(None, 0.0, False, id="rows have no time"),
        pytest.param(Difference(value=0.02, low=-0.01, high=0.05), 0.005, False, id="a person looks at it"),
    ],
)
def test_what_nobody_asked_for_must_be_better_over_time(
    over_time: Difference | None, margin: float, misses: bool
) -> None:
    compared = comparison("1", auc=0.02, width=0.01).model_copy(update={"auc_over_time": over_time})
    found = missed_beside_champion(compared, margin)
    assert bool(found) is misses
    assert all("in the mean over stretches of time" in one for one in found)
