"""Reports on versions whose truth is known: 60 days of delay, with and without a campaign, at a made-up time."""

import numpy as np
import pytest
from churn_models.delong import delong
from churn_models.labels.judged_rows import JudgedRows
from churn_models.labels.report import LabelReport, report_on
from support.figures import record
from support.label_world import DAY, DELAY, World, label_world

_NOW = 150 * DAY
"""Customers of the first 90 days have labels."""
_ALARM = np.log(100)
_DIGEST = "sha256:" + "1" * 64
_PREVIOUS = "sha256:" + "2" * 64


def _report(world: World, baseline: float | None = None) -> LabelReport:
    rows = JudgedRows.of(world.rows(_NOW), DELAY)
    return report_on(rows, model="telco", digest=_DIGEST, previous=_PREVIOUS, new_labels=0, baseline=baseline)


def _truth(world: World) -> float:
    """The AUC had there been no campaign, of the same customers."""
    matured = world.matured(_NOW)
    return float(delong(world.would_leave[matured].astype(np.int64), world.score[matured]).values[0])


def test_only_labels_that_had_their_time_count() -> None:
    world = label_world(0, 2_000)
    report = _report(world)
    assert report.labels == int((world.made <= 90 * DAY).sum())
    assert report.newest is not None
    assert 89 * DAY < report.newest <= 90 * DAY


def test_a_control_gives_the_truth_beside_a_campaign() -> None:
    """Of 100,000 labels: some 500 customers of the control stand for 10,000 whom the campaign picked."""
    errors, naive = [], []
    for seed in range(4):
        world = label_world(seed, 200_000, campaign=True, control=0.05)
        report, truth = _report(world), _truth(world)
        assert report.auc is not None
        errors.append(abs(report.auc.value - truth))
        assert report.auc.low <= truth <= report.auc.high
        matured = world.matured(_NOW)
        naive.append(truth - delong(world.leaves[matured].astype(np.int64), world.score[matured]).values[0])
    assert record("label_auc_error", max(errors), "AUC", "<= 0.01").holds
    assert min(naive) > 0.02, "the campaign must have hidden something"


def test_without_a_control_there_are_no_figures() -> None:
    report = _report(label_world(0, 20_000, campaign=True), baseline=0.8)
    assert not report.has_control
    assert report.treated > 0
    assert (report.auc, report.brier, report.calibration) == (None, None, None)
    assert (report.log_e_worse, report.log_e_below) == (None, None)


@pytest.mark.parametrize("control", [None, 0.05])
def test_a_version_that_keeps_its_promise_is_not_below_it(control: float | None) -> None:
    for seed in range(8):
        world = label_world(seed, 16_000, campaign=control is not None, control=control or 0.0)
        found = _report(world, _truth(world)).log_e_below
        assert found is not None
        assert found < _ALARM


@pytest.mark.parametrize("control", [None, 0.05])
def test_a_version_that_orders_worse_is_found(control: float | None) -> None:
    """By 8,000 labels at most, or by 30,000 where nine of ten risky customers tell nothing."""
    customers = 60_000 if control else 16_000
    for seed in range(5):
        world = label_world(seed, customers, campaign=control is not None, control=control or 0.0, noise=1.5)
        found = _report(world, _truth(world) + 0.1).log_e_below
        assert found is not None
        assert found >= _ALARM


@pytest.mark.parametrize("control", [None, 0.05])
def test_the_previous_version_was_better(control: float | None) -> None:
    for seed in range(5):
        world = label_world(seed, 16_000, campaign=control is not None, control=control or 0.0, noise=1.5)
        report = _report(world)
        assert report.brier_above_previous is not None
        assert report.brier_above_previous > 0
        assert report.log_e_worse is not None
        assert report.log_e_worse >= _ALARM


@pytest.mark.parametrize("control", [None, 0.05])
def test_an_equal_or_worse_previous_version_is_not(control: float | None) -> None:
    for seed in range(20):
        alike = 0.5 if seed % 2 else 1.5
        customers = 20_000 if control else 6_000
        world = label_world(
            seed, customers, campaign=control is not None, control=control or 0.0, noise=0.5, before=alike
        )
        found = _report(world).log_e_worse
        assert found is not None
        assert found < _ALARM


def test_calibration_is_churners_that_came_by_churners_expected() -> None:
    report = _report(label_world(0, 20_000))
    assert report.calibration is not None
    assert report.calibration.low <= 1 <= report.calibration.high


def test_a_report_is_read_as_it_was_written() -> None:
    report = _report(label_world(0, 500))
    assert LabelReport.read(report.model_dump_json().encode()) == report


def test_a_version_without_labels_has_counts_alone() -> None:
    none = report_on(JudgedRows.of([], DELAY), model="telco", digest=_DIGEST, previous=None, new_labels=0, baseline=0.8)
    assert none.labels == 0
    assert none.auc is None
    assert none.newest is None
