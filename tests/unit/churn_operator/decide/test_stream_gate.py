"""The stream's serve gate: when the first worker of a version is as good as the others, and what becomes of them."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_models.traffic import SERVING_BOUNDS, Serving, State
from churn_operator.api.status import ChurnModelStatus, Condition, ConditionType, Reason
from churn_operator.audit.entry import Deed
from churn_operator.decide.observed import Observed
from churn_operator.decide.stream_gate import GateStep, judge_first_worker
from churn_operator.names import Track
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.record import Fate
from churn_operator.observe.stream import StreamWorkers
from churn_operator.observe.stream_roll import HeldBack, StreamRoll, read_stream_roll
from support.observations import (
    BEFORE,
    DIGESTS,
    NOW,
    after,
    deployed,
    intended,
    model,
    observed,
    plan_of,
    revision,
    served,
    status_of,
    target,
)
from support.stream_spec import STREAM

OLD, NEW, NEWEST = (revision(version).identifier for version in "123")
CRASHES = PodFailure(Reason.CRASHING, "stream ended 6 times", 6)
ONE_END = replace(CRASHES, ends=1)
GOOD_WORD, BAD_WORD = "as good as the others", "2000 of 12000 requests"


AFTER = "2026-11-23T11:59:58Z"


def _said(scored: int, dead: int = 0, seconds: float = 0.00003, rows: int = 1) -> State:
    """`rows` and `seconds` are of each message."""
    buckets = [0] * (len(SERVING_BOUNDS) + 1)
    buckets[sum(bound < seconds for bound in SERVING_BOUNDS)] = scored
    serving = Serving(
        answers=scored,
        failures=dead,
        rows=scored * rows,
        seconds=scored * seconds,
        buckets=tuple(buckets),
        not_scores=0,
    )
    return State(instance=f"{scored}", model="telco", digest=DIGESTS["1"], version="1", serving=serving)


def _worker(
    number: int, of: str, state: State | None, ready_since: str = BEFORE, first: State | None = None
) -> PodAnswer:
    """`first`: what the same process had said when this operator looked first; without it nothing."""
    first = (first or _said(0)).model_copy(update={"instance": state.instance}) if state else None
    name = f"telco-stream-{number}"
    return PodAnswer(name, "", of, Track.STABLE, bool(ready_since), ready_since, state, first=first, started=BEFORE)


GOOD, IDLE = _said(10_000), _said(0)


def _workers(new: State | None = GOOD, **changes: Any) -> StreamWorkers:
    """Three, the last of which has version 2 and is compared with the others for a day; what it has said."""
    since, others = changes.pop("ready_since", BEFORE), changes.pop("others", GOOD)
    pods = (_worker(0, OLD, others), _worker(1, OLD, others), _worker(2, NEW, new, since))
    compared = StreamWorkers(
        NEW, "2", DIGESTS["2"], 3, 3, 1, False, roll=StreamRoll(OLD, 2), pods=pods, looked_since=BEFORE
    )
    return replace(compared, **changes)


POISONED = _said(1_000, dead=100)


def _taken_over(new: State) -> StreamWorkers:
    """While all were poisoned another operator looked; the one that took over has heard 1,000 good ones of each old."""
    good = _said(2_000, dead=100)
    old = (_worker(number, OLD, good, first=POISONED) for number in (0, 1))
    return _workers(pods=(*old, _worker(2, NEW, new, first=POISONED)), looked_since=AFTER)


class Case(NamedTuple):
    """What becomes of the others, and what is told."""

    workers: StreamWorkers
    step: GateStep
    text: str
    reason: Reason = Reason.SERVE_GATE


CASES = {
    "as good": Case(_workers(), GateStep.PASSES, GOOD_WORD),
    "dead letters": Case(_workers(_said(10_000, dead=2_000)), GateStep.FAILS, BAD_WORD, Reason.SERVES_WORSE),
    "everybody's dead letters": Case(
        _workers(_said(9_999, dead=2_000), others=_said(9_999, dead=2_000)), GateStep.PASSES, GOOD_WORD
    ),
    "many rows a message": Case(_workers(_said(1_000, seconds=0.02, rows=1_000)), GateStep.PASSES, GOOD_WORD),
    "many rows a message, and slow": Case(
        _workers(_said(1_000, seconds=0.2, rows=1_000)), GateStep.FAILS, "200.0 ms", Reason.SERVES_WORSE
    ),
    "everybody's dead letters before this operator looked": Case(
        replace(_taken_over(_said(2_000, dead=100)), looked_since="2026-11-23T11:59:00Z"), GateStep.PASSES, GOOD_WORD
    ),
    "the same, just looked": Case(_taken_over(POISONED), GateStep.WAITS, "ready for 10 s"),
    "worse since this operator looked": Case(
        _taken_over(_said(2_000, dead=300)), GateStep.FAILS, "200 of 1200 requests", Reason.SERVES_WORSE
    ),
    "slow": Case(_workers(_said(1_000, seconds=0.02)), GateStep.FAILS, "20.0 ms", Reason.SERVES_WORSE),
    "crashes": Case(_workers(None, ready_since="", failure=CRASHES), GateStep.FAILS, "ended 6 times", Reason.CRASHING),
    "ended once": Case(_workers(None, ready_since="", failure=ONE_END), GateStep.WAITS, "to be ready"),
    "all crash": Case(
        _workers(None, ready_since="", failure=CRASHES, others_failure=CRASHES), GateStep.WAITS, "to be ready"
    ),
    "not ready": Case(_workers(None, ready_since=""), GateStep.WAITS, "to be ready"),
    "just ready": Case(_workers(ready_since=NOW), GateStep.WAITS, "ready for 10 s"),
    "another operator's evidence": Case(_workers(looked_since=NOW), GateStep.WAITS, "ready for 10 s"),
    "few messages": Case(
        _workers(_said(49), ready_since="2026-11-23T11:59:00Z"),
        GateStep.WAITS,
        "for 50 messages of old and new, 300 s at most: it has told of 49, the others of 20000",
    ),
    "silent": Case(_workers(None, ready_since="2026-11-23T11:59:00Z"), GateStep.WAITS, "told of 0"),
    "few messages for long": Case(_workers(IDLE), GateStep.PASSES, "too few messages"),
    "nobody to compare with": Case(
        _workers(IDLE, ready_since="2026-11-23T11:59:00Z", pods=(_worker(2, NEW, IDLE, "2026-11-23T11:59:00Z"),)),
        GateStep.PASSES,
        "no other worker is ready",
    ),
    "scaled down to one": Case(_workers(IDLE, wanted=1), GateStep.PASSES, "no other worker"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_first_worker_says(name: str) -> None:
    workers, step, text, reason = CASES[name]
    found = judge_first_worker(workers, NOW)
    assert (found.step, found.reason) == (step, reason)
    assert text in found.message


def _seen(workers: StreamWorkers, stable: str = "2", **changes: Any) -> Observed:
    """That version is stable; `replicas`, `retry` and `scaling` are those of the spec."""
    stream = {**STREAM, "replicas": changes.pop("replicas", 3)}
    if scaling := changes.pop("scaling", None):
        stream = {name: value for name, value in stream.items() if name != "replicas"} | {"scaling": scaling}
    spec = {"stream": stream, "rollout": {"retry": changes.pop("retry", None)}}
    told = model(spec, ChurnModelStatus(stable=served(stable)))
    return observed(
        **{"model": told, "target": target(stable), "deployed": deployed(stable), "stream": workers, **changes}
    )


SETTLED = _workers(revision=OLD, version="1", digest=DIGESTS["1"], updated=3, rolled_out=True, roll=StreamRoll())
BAD = _workers(_said(10_000, dead=2_000))
HELD = HeldBack(NEW, "2", "ServesWorse", "the first worker with version 2: it was worse")
HELD_BACK = replace(SETTLED, roll=StreamRoll(held_back=HELD))
REJECTED = {OLD: replace(revision("1"), fate=Fate.FAULTY), NEW: replace(revision("2"), fate=Fate.SERVED)}


class Course(NamedTuple):
    """Whose template the StatefulSet gets, and how far it comes; None: nothing is written."""

    seen: Observed
    version: str | None
    roll: StreamRoll


COURSES = {
    "settled": Course(_seen(SETTLED, "1"), "1", StreamRoll()),
    "another version": Course(_seen(SETTLED), "2", StreamRoll(OLD, 2)),
    "to a single worker": Course(_seen(replace(SETTLED, wanted=1), replicas=1), "2", StreamRoll()),
    "scaled by the way": Course(_seen(replace(SETTLED, wanted=5), scaling={"max": 9}), "2", StreamRoll(OLD, 4)),
    "after one that was rejected": Course(_seen(SETTLED, records=REJECTED), "2", StreamRoll()),
    "after one whose record is lost": Course(_seen(SETTLED, records={NEW: revision("2")}), "2", StreamRoll()),
    "it waits": Course(_seen(_workers(IDLE, ready_since=NOW)), "2", StreamRoll(OLD, 2)),
    "scaled up while it waits": Course(
        _seen(_workers(IDLE, ready_since=NOW, wanted=6), scaling={"max": 9}), "2", StreamRoll(OLD, 5)
    ),
    "scaled down while it waits": Course(
        _seen(_workers(IDLE, ready_since=NOW, wanted=2), scaling={"max": 9}), "2", StreamRoll(OLD, 1)
    ),
    "it passes": Course(_seen(_workers()), "2", StreamRoll()),
    "it has passed": Course(_seen(_workers(roll=StreamRoll())), "2", StreamRoll()),
    "it fails, and the record before is lost": Course(
        _seen(BAD, records={NEW: revision("2")}), "2", StreamRoll(OLD, 2)
    ),
    "held back": Course(_seen(HELD_BACK), "1", StreamRoll(held_back=HELD)),
    "asked for again": Course(_seen(HELD_BACK, retry="once more"), "2", StreamRoll(OLD, 2)),
    "a newer one than that held back": Course(_seen(HELD_BACK, "3"), "3", StreamRoll(OLD, 2)),
    "the servers are back at the one before": Course(_seen(_workers(), "1"), "1", StreamRoll()),
    "a newer one while one is compared": Course(_seen(_workers(), "3"), "3", StreamRoll(OLD, 2)),
}


@pytest.mark.parametrize("name", COURSES)
def test_which_version_comes_how_far(name: str) -> None:
    seen, version, roll = COURSES[name]
    plan = plan_of(seen)
    assert (plan.stream.bundle.version if plan.stream else None, plan.stream_roll) == (version, roll)


def test_a_worse_one_goes_back_is_told_once_and_stays_back() -> None:
    seen = _seen(BAD)
    plan = plan_of(seen)
    held = plan.stream_roll.held_back
    assert held and (held.revision, held.version, held.reason) == (NEW, "2", Reason.SERVES_WORSE)
    assert plan.stream and plan.stream.bundle.version == "1"
    assert BAD_WORD in held.message
    (entry,) = [one for one in intended(seen) if one.action == Deed.STREAM_HELD_BACK]
    assert (entry.version, entry.message) == ("2", held.message)
    # An operator that ended before it acted, and one that did not.
    assert not intended(after(seen))
    assert plan_of(after(seen)).stream_roll == plan.stream_roll
    assert not intended(_seen(replace(SETTLED, roll=plan.stream_roll)))


def test_the_revisions_of_workers_keep_their_records() -> None:
    assert {OLD, NEW} <= {one.identifier for one in plan_of(_seen(_workers(), "3")).records}


def _condition(seen: Observed) -> Condition:
    (found,) = [one for one in status_of(seen).conditions if one.type == ConditionType.STREAM_READY]
    return found


@pytest.mark.parametrize(
    ("seen", "reason", "text"),
    [
        (_seen(_workers(_said(3), ready_since="2026-11-23T11:59:00Z")), Reason.SERVE_GATE, "it has told of 3"),
        (_seen(_workers(None, ready_since="", pending="no room")), Reason.SERVE_GATE, "to be ready; no room"),
        (_seen(BAD), Reason.SERVES_WORSE, BAD_WORD),
        (_seen(HELD_BACK), Reason.SERVES_WORSE, "version 2 is held back, and spec.rollout.retry has it tried again"),
        (_seen(replace(SETTLED, roll=StreamRoll(held_back=replace(HELD, reason="New")))), Reason.SERVES_WORSE, "held"),
        (
            _seen(_workers(wanted=1, roll=StreamRoll()), replicas=1),
            Reason.WORKERS_NOT_READY,
            "a single worker is compared with no other",
        ),
    ],
    ids=["waits", "no room", "fails", "held back", "for a reason of another operator", "a single one"],
)
def test_the_condition_says_what_it_waits_for(seen: Observed, reason: Reason, text: str) -> None:
    found = _condition(seen)
    assert (found.status, found.reason) == ("False", reason)
    assert text in found.message
    told = status_of(seen).stream
    assert told and told.message and told.message in found.message


@pytest.mark.parametrize("roll", [StreamRoll(), StreamRoll(OLD, 2), StreamRoll(held_back=HELD)])
def test_what_is_written_is_read_again(roll: StreamRoll) -> None:
    strategy = {"rollingUpdate": {"partition": roll.partition}}
    live = {"metadata": {"annotations": roll.annotations()}, "spec": {"updateStrategy": strategy}}
    assert read_stream_roll(live) == roll


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"revision": 1}'])
def test_what_cannot_be_read_is_not_there(text: str) -> None:
    live = {"metadata": {"annotations": {"churnserve.dev/held-back": text}}, "spec": {}}
    assert read_stream_roll(live) == StreamRoll()
