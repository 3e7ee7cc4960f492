"""The state survives an operator's end in its DriftReport, whose size is bounded."""

import json
from dataclasses import replace

import numpy as np
import pytest
from churn_operator.api.drift_report import DriftReportStatus
from churn_operator.api.tolerant import read_tolerantly
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.evidence_of_state import evidence_of_state
from churn_operator.decide.drift.findings import JudgedWindow
from churn_operator.decide.drift.report import state_of_report, status_of
from churn_operator.decide.drift.state import DriftState
from support.drift_pods import DIGEST, START, Sidecar, Watch, World, world
from support.drift_rows import drift_reference, drift_rows, drift_schema
from support.figures import record

WORLD = world(numeric=3, categories=(3,))


def _restarted(watch: Watch, seconds: float = 0.0) -> Watch:
    """Another operator, from what the API server gives back."""
    written = json.loads(json.dumps(status_of(watch.state).model_dump(mode="json", by_alias=True)))
    state = state_of_report("r1", DIGEST, read_tolerantly(DriftReportStatus, written), watch.now)
    return replace(watch, state=state)


def _served(shift: float = 0.0) -> tuple[Watch, dict[str, Sidecar]]:
    """Two judged windows, and a begun one of 150 rows."""
    watch, pods = Watch(WORLD), {name: Sidecar(WORLD, name) for name in "ab"}
    for seed in range(3):
        for number, pod in enumerate(pods.values()):
            rows = WORLD.rows(600 if seed < 2 else 75, 10 * seed + number)
            rows.matrix[:, 0] += shift
            pod.count(rows)
        watch.ask(pods, 1.0)
        watch.ask(pods, 61.0 if seed < 2 else 1.0)
    assert (watch.state.judged, watch.state.rows) == (2, 150)
    return watch, pods


@pytest.mark.parametrize("shift", [0.0, 9.0])
def test_another_operator_goes_on_as_if_nothing_had_been(shift: float) -> None:
    watch, pods = _served(shift)
    other = _restarted(watch)
    assert other.evidence.rows == watch.evidence.rows
    for seed in (50, 51):
        for pod in pods.values():
            pod.count(WORLD.rows(500, seed))
        for one in (watch, other):
            one.ask(pods, 1.0)
            one.ask(pods, 61.0)
    assert [one.rows for one in other.state.windows] == [1000, 1150, 1200, 1200]
    assert [_outcomes(one) for one in other.state.windows] == [_outcomes(one) for one in watch.state.windows]
    assert other.failing == watch.failing
    assert other.state.lost == 0


def _outcomes(window: JudgedWindow) -> list[object]:
    """But for odd pods: which pod the rows were of that came before the restart, nobody kept."""
    return [(one.signal, one.outcome, one.names) for one in window.findings if one.signal is not Signal.ODD_POD]


def test_rows_that_came_while_nobody_looked_are_in_the_window() -> None:
    watch, pods = _served()
    other = _restarted(watch)
    pods["a"].count(WORLD.rows(200, 60))
    other.ask(pods, 30.0)
    assert other.state.rows == 350


def test_a_pod_that_is_gone_with_its_operator_costs_what_came_since_the_report_alone() -> None:
    watch, pods = _served()
    other = _restarted(watch)
    pods["a"].count(WORLD.rows(40, 61))
    other.ask({"a": pods["a"]}, 30.0)
    assert other.state.awaited, "it may be slow"
    other.ask({"a": pods["a"]}, 100.0)
    assert (other.state.rows, other.state.lost) == (150, 40)
    other.ask(pods)
    assert other.state.rows == 150, "a pod that was slow is not counted twice"
    pods["a"].count(WORLD.rows(900, 62))
    other.ask(pods)
    assert other.state.windows[0].rows == 1050


def test_a_pod_that_went_before_its_operator_is_not_waited_for_and_costs_nothing() -> None:
    watch, pods = _served()
    watch.ask({"a": pods["a"]}, 15.0, there={"a"})
    other = _restarted(watch)
    pods["a"].count(WORLD.rows(40, 63))
    other.ask({"a": pods["a"]}, 15.0, there={"a"})
    assert not other.state.awaited
    assert (other.state.rows, other.state.lost) == (190, 0)


def test_a_pod_that_went_with_its_operator_is_not_waited_for() -> None:
    watch, pods = _served()
    other = _restarted(watch)
    pods["a"].count(WORLD.rows(40, 64))
    other.ask({"a": pods["a"]}, 15.0, there={"a"})
    assert not other.state.awaited
    assert (other.state.rows, other.state.lost) == (150, 40)


def test_a_sidecar_that_began_anew_with_its_operator_is_not_waited_for() -> None:
    watch, pods = _served()
    other = _restarted(watch)
    again = Sidecar(WORLD, "b2", started=other.now)
    again.count(WORLD.rows(30, 65))
    other.ask({"a": pods["a"], "b": again}, 15.0, there=set("ab"))
    assert not other.state.awaited
    assert other.state.rows == 180


def test_all_pods_that_went_leave_their_rows_to_the_next_operator() -> None:
    watch, _ = _served()
    watch.ask({}, 15.0, there=set())
    other = _restarted(watch)
    new = Sidecar(WORLD, "c", started=other.now)
    new.count(WORLD.rows(30, 66))
    other.ask({"c": new}, 15.0, there={"c"})
    assert (other.state.rows, other.state.lost) == (180, 0)


def test_a_pod_that_is_there_after_all_is_not_counted_twice() -> None:
    watch, pods = _served()
    watch.ask({"a": pods["a"]}, 15.0, there={"a"})
    watch.ask(pods, 15.0, there=set("ab"))
    assert watch.state.rows == 150


def _of_other_features() -> str:
    """What an operator that counts otherwise, or a person, may have left under the same digest."""
    other = world(numeric=1, categories=())
    watch, pod = Watch(other), Sidecar(other, "a")
    for seed in (1, 2):
        pod.count(other.rows(90, seed))
        watch.ask({"a": pod}, 1.0)
    return status_of(watch.state).checkpoint


SIGNAL = {"signal": "Feed", "verdict": "Pass", "since": "soon", "began": "once"}
WINDOW = {"start": "then", "end": "2026-11-01 or so", "rows": 600}
DAMAGED = {
    "another bundle": {"digest": "sha256:" + "e" * 64},
    "no checkpoint": {"checkpoint": ""},
    "a checkpoint that is none": {"checkpoint": "bm9uZQ=="},
    "a checkpoint that is no base64": {"checkpoint": "ß"},
    "a checkpoint of other features": {"checkpoint": _of_other_features()},
    "times that are none": {"begun": "yesterday", "unseenSince": "a while ago", "referenceStaleSince": "-"},
    "times of signals and windows that are none": {"signals": [SIGNAL], "windows": [WINDOW]},
    "a time without a zone": {"begun": "2026-11-01T00:00:00"},
    "words of a later operator": {"signals": [{"signal": "Weather", "verdict": "Fine"}], "windows": [], "more": 1},
}


@pytest.mark.parametrize("changes", DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_read_costs_the_begun_window_at_most(changes: dict[str, object]) -> None:
    watch, pods = _served()
    written = status_of(watch.state).model_dump(mode="json", by_alias=True) | changes
    state = state_of_report("r1", DIGEST, read_tolerantly(DriftReportStatus, written), watch.now)
    other = replace(watch, state=state)
    for seed in (70, 71):
        pods["a"].count(WORLD.rows(1000, seed))
        other.ask(pods, 1.0)
        other.ask(pods, 61.0)
    assert other.state.judged >= 2
    assert not other.failing


def test_rules_count_seconds_from_no_word_that_somebody_wrote() -> None:
    words = {"unseenSince": "a while ago", "referenceStaleSince": "-", "signals": [SIGNAL], "windows": [WINDOW]}
    status = read_tolerantly(DriftReportStatus, {"digest": DIGEST} | words)
    found = evidence_of_state(replace(state_of_report("r1", DIGEST, status, START), heard=START), START)
    feed = found.of(Signal.FEED)
    assert (found.unseen_since, found.reference_stale_since, found.last_window_end, feed.since, feed.began) == ("",) * 5


def _wide() -> World:
    schema = drift_schema(150, (20,) * 50)
    return World(schema, drift_reference(schema, drift_rows(schema, 5_000, seed=3)))


def test_a_report_of_200_features_is_bounded_whatever_number_of_pods() -> None:
    wide, sizes = _wide(), {}
    for count in (2, 20):
        watch, pods = Watch(wide), {f"pod-{number}": Sidecar(wide, f"{number:032}") for number in range(count)}
        for window in range(9):
            for number, pod in enumerate(pods.values()):
                rows = wide.rows(2000 // count, 100 * window + number)
                rows.matrix[:, ::2] += np.float32(window % 3)
                rows.matrix[:, 150:] %= 20
                pod.count(rows)
            watch.ask(pods, 1.0)
            if window < 8:
                watch.ask(pods, 61.0)
        assert len(watch.state.windows) == 8
        status = status_of(watch.state)
        assert status.checkpoint
        sizes[count] = len(json.dumps(status.model_dump(mode="json", by_alias=True)))
    assert record("drift_report_bytes_200_features", max(sizes.values()), "bytes", "<= 200000").holds
    assert sizes[20] < sizes[2] * 1.2


def test_nothing_is_nothing() -> None:
    fresh = DriftState("r1", DIGEST)
    assert state_of_report("r1", DIGEST, status_of(fresh), "2026-11-01T00:00:00Z") == fresh
