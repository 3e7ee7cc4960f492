"""Reports of the labels' process become verdicts: proof fails, enough labels without any pass, all else is unknown."""

from math import log
from typing import Any, NamedTuple

import pytest
from churn_models.labels.realised import Figure
from churn_models.labels.report import LabelReport
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence, LabelSignal
from churn_operator.decide.labels.judge import judge_labels

_DAY = 86_400.0
_NOW = "1970-06-30T00:00:00Z"
"""180 days after the epoch."""
_DIGEST, _PREVIOUS = ("sha256:" + figure * 64 for figure in "12")

_GOOD = {
    "labels": 1_000,
    "newest": 115 * _DAY,
    "new_labels": 400,
    "auc": Figure(value=0.84, low=0.81, high=0.87),
    "paired": 900,
    "brier_above_previous": -0.001,
    "log_e_worse": 0.0,
    "log_e_below": -1.0,
}


def _judged(baseline: float | None = 0.85, **changed: Any) -> LabelEvidence:
    report = LabelReport(model="telco", digest=_DIGEST, previous=_PREVIOUS, **{**_GOOD, **changed})
    return judge_labels(report, "8", 60 * _DAY, baseline, _NOW)


class _Case(NamedTuple):
    changed: dict[str, Any]
    fresh: GateVerdict = GateVerdict.PASS
    worse: GateVerdict = GateVerdict.PASS
    below: GateVerdict = GateVerdict.PASS


def _order(low: float, high: float) -> Figure:
    return Figure(value=(low + high) / 2, low=low, high=high)


_U, _F = GateVerdict.UNKNOWN, GateVerdict.FAIL
_CASES = {
    "all is well": _Case({}),
    "no label yet": _Case(
        {"labels": 0, "newest": None, "auc": None, "paired": 0, "brier_above_previous": None, "log_e_worse": None},
        fresh=_U,
        worse=_U,
        below=_U,
    ),
    "a month's labels are awaited": _Case({"newest": 90 * _DAY}),
    "no labels for longer": _Case({"newest": 88 * _DAY}, fresh=_F),
    "the previous version is proved better": _Case({"brier_above_previous": 0.01, "log_e_worse": log(101)}, worse=_F),
    "proved better, and its order, too": _Case(
        {"brier_above_previous": 0.01, "log_e_worse": log(101), "auc_above_previous": _order(-0.03, -0.01)}, worse=_F
    ),
    "proved better by its level, in the same order": _Case(
        {"brier_above_previous": 0.01, "log_e_worse": log(101), "auc_above_previous": _order(0.0, 0.0)}, worse=_F
    ),
    "proved better, but one day may have decided": _Case(
        {"brier_above_previous": 0.01, "log_e_worse": log(101), "auc_above_previous": _order(-0.03, 0.01)}, worse=_U
    ),
    "it looks better, without proof": _Case({"brier_above_previous": 0.01, "log_e_worse": log(99)}, worse=_U),
    "few pairs": _Case({"paired": 199}, worse=_U),
    "below for sure": _Case({"log_e_below": log(101)}, below=_F),
    "below by chance": _Case({"auc": Figure(value=0.82, low=0.78, high=0.86)}, below=_U),
    "few labels": _Case({"labels": 199}, below=_U),
    "training's AUC is unknown": _Case({"baseline": None}, below=_U),
    "campaigns without a control": _Case({"treated": 90, "left_alone": 2, "has_control": False}, worse=_U, below=_U),
}


@pytest.mark.parametrize("name", _CASES)
def test_verdicts(name: str) -> None:
    case = _CASES[name]
    found = _judged(**case.changed)
    verdicts = tuple(one.verdict for one in (found.fresh, found.worse_than_previous, found.below_baseline))
    assert verdicts == (case.fresh, case.worse, case.below)


def test_what_status_and_rules_read() -> None:
    found = _judged(treated=95, left_alone=5, brier_above_previous=0.01, log_e_worse=2_000.0)
    assert found.newest == "1970-04-26T00:00:00Z"
    assert found.age_seconds == 65 * _DAY
    assert found.control_share == 0.05
    assert found.new_labels == 400
    assert found.is_failing(LabelSignal.WORSE_THAN_PREVIOUS)
    assert not found.is_failing(LabelSignal.BELOW_BASELINE)
    assert "0.0100 above that of the version before on the same 900 customers" in found.worse_than_previous.message
    assert found.worse_than_previous.e_value == pytest.approx(1e12), "JSON knows no infinity"


def test_no_campaigns_need_no_control() -> None:
    assert _judged().control_share is None
