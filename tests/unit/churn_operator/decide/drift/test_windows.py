"""Windows over pods that come and go: nothing twice, nothing lost that was read, closed when they should be."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from churn_models.drift.report import Report
from churn_operator.decide.drift.advance import finished
from churn_operator.decide.drift.checkpoint import packed, unpacked
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import JudgedWindow
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.drift.take_in import fits
from churn_operator.decide.drift.window import cut
from churn_operator.decide.gates.judgement import GateVerdict
from support.drift_pods import DIGEST, Sidecar, Watch, world
from support.drift_rows import Rows
from support.figures import record

WORLD = world(numeric=3, categories=(3,))
HOUR = 3600.0
DAY = 24 * HOUR


class Traffic(NamedTuple):
    """Rows at an even pace, and after how many seconds each window is over."""

    rows: int
    seconds: float
    closed: list[float]
    judged: bool = True


TRAFFIC = {
    "a thousand at once wait for a minute": Traffic(1000, 1.0, [61, 122]),
    "a thousand in ten minutes": Traffic(1000, 600.0, [600, 1200]),
    "three hundred in a quarter of an hour": Traffic(300, 900.0, [915, 1830]),
    "a hundred a day": Traffic(100, DAY, [3 * DAY, 6 * DAY]),
    "forty a day are too few": Traffic(40, DAY, [7 * DAY, 14 * DAY], judged=False),
}


@pytest.mark.parametrize("case", TRAFFIC.values(), ids=TRAFFIC)
def test_a_window_closes_when_it_has_enough(case: Traffic) -> None:
    pods, watch = {"a": Sidecar(WORLD, "1")}, Watch(WORLD)
    closed, passed, given = [], 0.0, 0.0
    step = max(1.0, case.closed[0] / 61)
    rng_seed = 0
    while passed < case.closed[-1] * 1.1:
        passed += step
        due = int(case.rows * passed / case.seconds - given) if case.seconds > 1 else 100
        if due:
            given += due
            rng_seed += 1
            pods["a"].count(WORLD.rows(due, rng_seed))
        before = watch.state.judged
        watch.ask(pods, step)
        closed += [passed] * (watch.state.judged - before)
    assert closed[0] == pytest.approx(case.closed[0], rel=0.06)
    assert len(closed) >= len(case.closed)
    verdict = watch.evidence.of(Signal.INPUT).verdict
    assert verdict is (GateVerdict.PASS if case.judged else GateVerdict.UNKNOWN)


class Part(NamedTuple):
    """Rows that one process counts between two questions, or the operator's silence about a pod."""

    pod: str
    instance: str
    rows: int


HISTORIES = {
    "four pods": [[Part(pod, pod, 100) for pod in "abcd"]] * 6,
    "one more": [[Part("a", "1", 200)], [Part("a", "1", 100), Part("b", "2", 100)], [Part("b", "2", 500)]],
    "scale-in": [[Part("a", "1", 300), Part("b", "2", 200)], [Part("a", "1", 400)], [Part("a", "1", 400)]],
    "a restarted sidecar": [[Part("a", "1", 300)], [Part("a", "9", 300)], [Part("a", "9", 500)]],
    "in and out": [
        [Part(pod, pod, 150) for pod in "abcd"],
        [Part("a", "a", 100)],
        [Part("a", "a2", 100), Part("e", "e", 50)],
        [Part("e", "e", 200), Part("b", "b", 50)],
    ],
}
_SHIFTS = {"as trained": 0.0, "moved": 6.0}


@pytest.mark.parametrize("shift", _SHIFTS.values(), ids=_SHIFTS)
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_pods_together_give_the_verdict_of_one_pod_on_all_rows(history: list[list[Part]], shift: float) -> None:
    many, one = Watch(WORLD), Watch(WORLD)
    processes: dict[str, Sidecar] = {}
    whole, seed = Sidecar(WORLD, "whole"), 0
    for _ in range(3):  # so that windows begin in the midst of processes
        for parts in history:
            for part in parts:
                seed += 1
                rows = WORLD.rows(part.rows, seed)
                rows.matrix[:, 0] += shift
                processes.setdefault(part.instance, Sidecar(WORLD, part.instance, started=many.now)).count(rows)
                whole.count(rows)
            many.ask({part.pod: processes[part.instance] for part in parts})
            one.ask({"whole": whole})
    divergences = sum(
        _without_pods(mine) != _without_pods(theirs)
        for mine, theirs in zip(many.state.windows, one.state.windows, strict=True)
    )
    assert record("merge_divergences", divergences, "windows", "<= 0").holds
    assert one.state.judged >= 2
    assert many.state.rows == one.state.rows
    assert many.state.lost == 0
    assert (Signal.INPUT in one.failing) == bool(shift)
    assert many.failing == one.failing


def _without_pods(window: JudgedWindow) -> object:
    """All that is alike whatever pods there are; sums of floats differ by the order."""
    found = [(one.signal, one.outcome, one.names) for one in window.findings if one.signal is not Signal.ODD_POD]
    return window.start, window.end, window.rows, found, window.features


def test_counts_that_fall_without_a_new_process_begin_anew_and_are_told() -> None:
    watch = Watch(WORLD)
    first = Sidecar(WORLD, "1")
    first.count(WORLD.rows(400, 1))
    watch.ask({"a": first})
    again = Sidecar(WORLD, "1")
    again.count(WORLD.rows(100, 2))
    watch.ask({"a": again})
    assert (watch.state.rows, watch.state.restarts, watch.state.lost) == (500, 1, 0)


def test_a_worker_of_the_same_name_that_begins_anew_adds_to_what_the_one_before_counted() -> None:
    """A pod of a StatefulSet keeps its name; what tells its processes apart is their own word."""
    watch, whole, there = Watch(WORLD), Sidecar(WORLD, "whole"), ["telco-stream-0"]
    for life, (heard, later) in enumerate([(300, 0), (200, 0), (900, 100)]):
        worker = Sidecar(WORLD, f"life-{life}", started=watch.now)
        for place, count in enumerate(filter(None, (heard, later))):
            rows = WORLD.rows(count, 10 * life + place)
            worker.count(rows)
            whole.count(rows)
            watch.ask({"telco-stream-0": worker}, 1.0, there)
    assert (watch.state.rows, watch.state.restarts, watch.state.lost) == (1_500, 0, 0)
    window, _ = cut(watch.state, watch.now)
    assert window.rest is not None and not window.pods
    assert window.rest.counts.scores.bins == whole.report().scores.bins


def test_another_operator_knows_a_worker_that_began_anew_under_its_name() -> None:
    watch, there = Watch(WORLD), ["telco-stream-0", "telco-stream-1"]
    each = {name: Sidecar(WORLD, f"first of {name}") for name in there}
    for seed, worker in enumerate(each.values()):
        worker.count(WORLD.rows(150, seed))
    watch.ask(each, 1.0, there)
    left = unpacked(packed(watch.state), watch.now)
    assert left is not None
    watch.state = replace(DriftState("r1", DIGEST), begun=watch.state.begun, awaited=left)
    each["telco-stream-0"] = Sidecar(WORLD, "second", started=watch.now)
    each["telco-stream-0"].count(WORLD.rows(170, 7))
    watch.ask(each, 1.0, there)
    assert (watch.state.rows, watch.state.lost) == (470, 0)


def test_an_old_process_that_nobody_knows_counts_from_now_on() -> None:
    """Another operator may have judged what it has counted before."""
    watch, old = Watch(WORLD, now="2026-11-09T00:00:00Z"), Sidecar(WORLD, "1")
    old.count(WORLD.rows(5000, 1))
    watch.ask({"a": old})
    old.count(WORLD.rows(200, 2))
    watch.ask({"a": old})
    assert watch.state.rows == 200


def test_a_pod_that_is_silent_for_hours_is_not_counted_twice() -> None:
    watch, pod = Watch(WORLD, DriftSettings(rows=10_000, min_rows=5_000)), Sidecar(WORLD, "1")
    other = Sidecar(WORLD, "2")
    pod.count(WORLD.rows(300, 1))
    watch.ask({"a": pod, "b": other})
    for _ in range(3):
        watch.ask({"b": other}, HOUR)
    assert watch.state.rows == 300
    watch.ask({"a": pod, "b": other})
    assert watch.state.rows == 300


STRANGERS = {
    "another bundle": lambda: Sidecar(WORLD, "9", digest="sha256:" + "e" * 64),
    "another schema": lambda: Sidecar(world(numeric=2, categories=(3,)), "9"),
    "other categories": lambda: Sidecar(world(numeric=3, categories=(4,)), "9"),
    "other bins": lambda: Sidecar(world(numeric=3, categories=(3,), rows=40), "9"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_counts_that_do_not_fit_are_left_out(name: str) -> None:
    watch = Watch(WORLD)
    assert watch.ask({"a": STRANGERS[name]()}).instances == ()


LIES: dict[str, Callable[[Report], dict[str, object]]] = {
    "dropped": lambda report: {"dropped": {"all": 1 << 44}},
    "sums": lambda report: {
        "features": {**report.features, "n0": report.features["n0"].model_copy(update={"sum": 1e308})}
    },
    "calibrated sums": lambda report: {
        "scores": report.scores.model_copy(update={"calibrated_sums": (1e308,) * len(report.scores.bins)})
    },
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_counts_that_nobody_can_have_counted_are_left_out(lie: Callable[[Report], dict[str, object]]) -> None:
    report = Sidecar(WORLD, "1").report()
    liar = report.model_copy(update=lie(report))
    assert fits(report, WORLD.reference)
    assert not fits(liar, WORLD.reference)


def test_a_version_switch_closes_the_window_with_what_it_has() -> None:
    for rows, verdict in ((400, GateVerdict.PASS), (200, GateVerdict.UNKNOWN)):
        watch, pod = Watch(WORLD), Sidecar(WORLD, "1")
        pod.count(WORLD.rows(rows, 1))
        watch.ask({"a": pod})
        assert watch.state.judged == 0
        watch.state = finished(watch.state, WORLD.reference, watch.settings, watch.now)
        assert watch.state.windows[0].rows == rows
        assert watch.evidence.of(Signal.FEED).verdict is verdict
    nothing = DriftState("r1", DIGEST)
    assert finished(nothing, WORLD.reference, watch.settings, watch.now) is nothing


def test_dropped_rows_make_everything_unknown() -> None:
    watch, pod = Watch(WORLD), Sidecar(WORLD, "1")
    rows = WORLD.rows(1000, 1)
    rows.matrix[:, 0] = np.nan
    pod.dropped = 300
    watch.window({"a": pod}, {"a": rows})
    evidence = watch.evidence
    assert {one.verdict for one in evidence.signals} == {GateVerdict.UNKNOWN}
    assert "300 of 1300 rows were dropped" in evidence.of(Signal.FEED).message
    assert (evidence.rows, evidence.dropped) == (1000, 300)
    watch.window({"a": pod}, {"a": rows})
    assert watch.failing == {Signal.FEED}, "dropped rows of an earlier window count no more"


def test_a_verdict_does_not_outlive_rows_none_of_which_are_counted() -> None:
    watch, pod = Watch(WORLD), Sidecar(WORLD, "1")
    watch.window({"a": pod}, {"a": WORLD.rows(1000, 1)})
    assert watch.evidence.of(Signal.FEED).verdict is GateVerdict.PASS
    for _ in range(3):
        pod.dropped += 600
        watch.ask({"a": pod}, 61.0)
    assert watch.evidence.of(Signal.FEED).verdict is GateVerdict.UNKNOWN
    assert "were dropped" in watch.evidence.of(Signal.FEED).message


def test_silence_makes_everything_unknown_until_a_sidecar_answers() -> None:
    watch, pod = Watch(WORLD), Sidecar(WORLD, "1")
    assert "no drift sidecar has answered yet" in watch.evidence.of(Signal.FEED).message
    watch.ask({"a": pod})
    assert "no window is judged yet" in watch.evidence.of(Signal.FEED).message
    watch.window({"a": pod}, {"a": WORLD.rows(1000, 1)})
    assert watch.evidence.of(Signal.FEED).verdict is GateVerdict.PASS
    watch.ask({}, 121.0)
    assert {one.verdict for one in watch.evidence.signals} == {GateVerdict.UNKNOWN}
    assert "no drift sidecar has answered since" in watch.evidence.of(Signal.FEED).message
    watch.ask({"a": pod})
    assert watch.evidence.of(Signal.FEED).verdict is GateVerdict.PASS


def test_a_reference_that_the_traffic_never_was_like_is_told_once() -> None:
    def moved(count: int, seed: int) -> Rows:
        rows = WORLD.rows(count, seed)
        rows.matrix[:, 0] += 8
        return rows

    watch, pods = Watch(WORLD), {"a": Sidecar(WORLD, "1")}
    told = []
    for seed in range(5):
        watch.window(pods, {"a": moved(1000, seed)})
        told.append(watch.evidence.reference_stale_since)
    assert told[:2] == ["", ""]
    assert told[2] and told[2:] == [told[2]] * 3
    watch, pods = Watch(WORLD), {"a": Sidecar(WORLD, "1")}
    watch.window(pods, {"a": WORLD.rows(1000, 9)})
    for seed in range(4):
        watch.window(pods, {"a": moved(1000, seed)})
    assert Signal.INPUT in watch.failing
    assert not watch.evidence.reference_stale_since
