"""The alert rules, run by promtool on made-up series: when each fires, when it does not, and what it tells a person."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml
from support.monitoring_tools import run_tool
from support.rendered_manifests import MANIFESTS

RULES = MANIFESTS / "monitoring" / "prometheus" / "rules.yml"
MODEL = 'namespace="churn", churnmodel="telco"'
POD = f'{MODEL}, job="serving", component="serving", pod="telco-1"'
SIDECAR = f'{MODEL}, job="drift", component="serving", pod="telco-1"'
OPERATOR = f'{MODEL}, job="operator"'
SCORED = f'churnserve_stream_scored_messages_total{{{MODEL}, job="stream", component="stream", pod="telco-stream-0"}}'
ASKED = f'churnserve_requests_total{{{POD}, route="fast", code="200"}}'


class Case(NamedTuple):
    """Series, one value a minute, and which alerts of one name there are after some time."""

    alert: str
    series: dict[str, str]
    minutes: int
    fires: bool
    labels: Mapping[str, str] = MappingProxyType({})
    """Of the alert, beside namespace and churnmodel."""


def _signal(signal: str, values: str) -> dict[str, str]:
    return {f'churn_drift_state{{{OPERATOR}, version="7", signal="{signal}"}}': values}


def _labels(signal: str, values: str) -> dict[str, str]:
    return {f'churn_label_state{{{OPERATOR}, version="7", signal="{signal}"}}': values}


def _state(state: str, reason: str, values: str) -> dict[str, str]:
    return {f'churn_model_state{{{OPERATOR}, state="{state}", reason="{reason}"}}': values}


def _failing(code: str, failed: str, route: str = "mlserver") -> dict[str, str]:
    return {ASKED: "0+600x60", f'churnserve_requests_total{{{POD}, route="{route}", code="{code}"}}': failed}


def _slow(total: str, quick: str) -> dict[str, str]:
    name, labels = "churnserve_infer_seconds", f'{POD}, route="fast", model="telco", version="7"'
    return {f"{name}_count{{{labels}}}": total, f'{name}_bucket{{{labels}, le="0.2"}}': quick}


def _dropped(dropped: str) -> dict[str, str]:
    rows = {f'churn_tap_rows_total{{{SIDECAR}, version="7"}}': "0+600x120"}
    return {**rows, f'churn_tap_dropped_total{{{SIDECAR}, version="7", reason="queue_full"}}': dropped}


def _leader(*values: str) -> dict[str, str]:
    return {
        f'churn_operator_leader{{job="operator", instance="{number}"}}': value for number, value in enumerate(values)
    }


CRITICAL = {"severity": "critical"}
DROPPED, BLIND_SIDECAR = {"cause": "dropped"}, {"cause": "sidecar"}
DAY = 24 * 60
CASES = {
    "a broken feed": Case("FeedBroken", _signal("Feed", "0 0 2x5"), 4, True, CRITICAL | {"signal": "Feed"}),
    "a feed that may be broken": Case("FeedBroken", _signal("Feed", "0 1x30"), 20, False),
    "a feed that nobody knows of": Case("FeedBroken", _signal("Feed", "3x30"), 20, False),
    "a feed that is good again": Case("FeedBroken", _signal("Feed", "2x5 0x5"), 9, False),
    "drift of the features": Case("FeedBroken", _signal("Input", "2x60"), 50, False),
    "an odd pod": Case("OddPod", _signal("OddPod", "0 2x5"), 3, True, {"severity": "warning", "signal": "OddPod"}),
    "a pod that may be odd": Case("OddPod", _signal("OddPod", "0 1x30"), 20, False),
    "several pods that differ, or too few": Case("OddPod", _signal("OddPod", "3x30"), 20, False),
    "worse than the version before": Case("HarmByLabels", _labels("WorseThanPrevious", "2x3"), 2, True, CRITICAL),
    "below the baseline": Case("HarmByLabels", _labels("BelowBaseline", "2x3"), 2, True, CRITICAL),
    "labels say nothing": Case("HarmByLabels", _labels("BelowBaseline", "3x60"), 50, False),
    "labels no longer come": Case("HarmByLabels", _labels("LabelsFresh", "2x60"), 50, False),
    "a way back that takes a minute": Case(
        "RolledBack",
        {**_state("RollingBack", "ServesWorse", "_ 1 1 stale"), **_state("Stable", "Settled", "_x3 1x30")},
        10, True, CRITICAL,
    ),
    "a way back of an hour ago": Case("RolledBack", _state("RollingBack", "ServesWorse", "1 stale"), 60, False),
    "a candidate that is rejected": Case("RolledBack", _state("Rejected", "ScoresShifted", "1x30"), 20, False),
    "safe mode": Case("SafeMode", _state("SafeMode", "NothingGood", "1x3"), 2, True, CRITICAL),
    "a challenger that waits": Case(
        "ApprovalWaiting", _state("Canary", "AwaitsApproval", "1x5"), 3, True, {"severity": "info"}
    ),
    "a canary that goes on": Case("ApprovalWaiting", _state("Canary", "StepHolds", "1x5"), 3, False),
    "a sidecar that is gone": Case("MonitorBlind", {f"up{{{SIDECAR}}}": "1 0x30"}, 20, True, BLIND_SIDECAR),
    "a sidecar that starts again": Case("MonitorBlind", {f"up{{{SIDECAR}}}": "1x5 0x5 1x30"}, 20, False),
    "a server that is gone": Case("MonitorBlind", {f"up{{{POD}}}": "0x30"}, 20, False),
    "a third of the rows lost": Case("MonitorBlind", _dropped("0+300x120"), 90, True, DROPPED),
    "a tenth of the rows lost": Case("MonitorBlind", _dropped("0+60x120"), 90, False),
    "a day of requests and no evidence": Case(
        "MonitorBlind",
        {**_signal("Feed", f"3x{2 * DAY}"), **_signal("Input", f"3x{2 * DAY}"), ASKED: f"0+1x{2 * DAY}"},
        DAY + 30, True, {"cause": "evidence"},
    ),
    "a day of messages and no evidence": Case(
        "MonitorBlind", {**_signal("Feed", f"3x{2 * DAY}"), SCORED: f"0+1x{2 * DAY}"}, DAY + 30, True,
        {"cause": "evidence"},
    ),
    "a day without requests": Case(
        "MonitorBlind", {**_signal("Feed", f"3x{2 * DAY}"), ASKED: f"7x{2 * DAY}"}, DAY + 30, False
    ),
    "a day with evidence of the feed": Case(
        "MonitorBlind",
        {**_signal("Feed", f"0x{2 * DAY}"), **_signal("Score", f"3x{2 * DAY}"), ASKED: f"0+1x{2 * DAY}"},
        DAY + 30, False,
    ),
    "one in fifty fails": Case("ServerErrors", _failing("500", "0+12x60"), 15, True, CRITICAL | {"cause": "answers"}),
    "gRPC fails": Case("ServerErrors", _failing("DEADLINE_EXCEEDED", "0+12x60", "grpc"), 15, True),
    "overload": Case("ServerErrors", _failing("503", "0+100x60"), 15, True),
    "clients that ask nonsense": Case("ServerErrors", _failing("400", "0+600x60"), 15, False),
    "rows above the limit": Case("ServerErrors", _failing("RESOURCE_EXHAUSTED", "0+600x60", "grpc"), 15, False),
    "one in a thousand fails": Case("ServerErrors", _failing("500", "0+0.6x60"), 15, False),
    "the only three requests of a night fail": Case(
        "ServerErrors", {f'churnserve_requests_total{{{POD}, route="mlserver", code="500"}}': "0 0 1 2 3x60"}, 6, False
    ),
    "no pod is ready": Case("ServerErrors", _state("Degraded", "PodsNotReady", "1x9"), 8, True, {"cause": "pods"}),
    "pods that are ready again": Case("ServerErrors", _state("Degraded", "PodsNotReady", "1x3 stale"), 8, False),
    "one in fifty is slow": Case("Latency", _slow("0+600x60", "0+588x60"), 30, True, {"severity": "warning"}),
    "one in a thousand is slow": Case("Latency", _slow("0+600x60", "0+599.4x60"), 30, False),
    "a slow request an hour": Case("Latency", _slow("0+0.1x60", "0+0x60"), 30, False),
    "nobody asks": Case("Latency", _slow("600x60", "0x60"), 30, False),
    "no operator leads": Case("OperatorDown", _leader("0x20", "0x20"), 10, True, CRITICAL),
    "no operator at all": Case("OperatorDown", {}, 10, True, CRITICAL),
    "an upgrade of the operator": Case("OperatorDown", _leader("1x3 stale", "_x6 1x20"), 10, False),
    "a leader and a standby": Case("OperatorDown", _leader("0x20", "1x20"), 10, False),
}  # fmt: skip
DRIFT_ALONE = {
    **_signal("Input", "2x60"), **_signal("Score", "2x60"), **_signal("Estimate", "2x60"), **_signal("Feed", "0x60"),
    **_leader("1x60"), **_state("Stable", "Settled", "1x60"), f"up{{{SIDECAR}}}": "1x60", ASKED: "0+600x60",
}  # fmt: skip
ALERTS = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def _series(series: dict[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


def _test(alerts: Collection[str], series: dict[str, str], minutes: int) -> dict[str, Any]:
    """What promtool shall try: that there is none of these alerts then."""
    expected = [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": []} for alert in alerts]
    return {"interval": "1m", "input_series": _series(series), "alert_rule_test": expected}


def _alerts(folder: Path, tests: list[dict[str, Any]]) -> str:
    """What promtool says of the alerts that there are all the same; nothing where there are none."""
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    code, said = run_tool("promtool", "test", "rules", file)
    if code == 0:
        return ""
    assert "got:[" in said, said
    return said


FIRING = {name: case for name, case in CASES.items() if case.fires}


@pytest.mark.parametrize("case", FIRING.values(), ids=FIRING)
def test_rule_that_fires(case: Case, tmp_path: Path) -> None:
    said = _alerts(tmp_path, [_test([case.alert], case.series, case.minutes)])
    assert said
    for name, value in case.labels.items():
        assert f'{name}="{value}"' in said
    if case.alert != "OperatorDown":
        assert 'churnmodel="telco"' in said
        assert "churn/telco" in said


def test_rules_that_do_not_fire(tmp_path: Path) -> None:
    quiet = [case for case in CASES.values() if not case.fires]
    assert _alerts(tmp_path, [_test([case.alert], case.series, case.minutes) for case in quiet]) == ""


def test_drift_alone_is_no_alert(tmp_path: Path) -> None:
    assert _alerts(tmp_path, [_test(ALERTS, DRIFT_ALONE, 50)]) == ""


def test_every_rule_is_tried_both_ways_and_says_what_to_do() -> None:
    assert {case.alert for case in FIRING.values()} == ALERTS
    assert len(ALERTS) == 10
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "description"}
            assert rule["labels"]["severity"] in ("critical", "warning", "info")
            assert rule["labels"]["signal"]
