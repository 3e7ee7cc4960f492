"""Rules 4 to 14: what evidence about the version that answers has done, or not, by tables of what was seen."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import Ended, Freeze, LoopMemory, Occasion, Retraining
from churn_operator.audit.memory import Memory
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.drift.evidence import DriftEvidence
from churn_operator.decide.drift.unwatched import unwatched
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import after as later
from churn_operator.observe.record import Fate
from churn_operator.observe.training import TrainingJob
from support.loop_evidence import FAIL, PASS, UNKNOWN, drift, labels
from support.observations import (
    BEFORE,
    DIGESTS,
    NOW,
    acted,
    after,
    deployed,
    intended,
    model,
    observed,
    plan_of,
    remembered,
    revision,
    rollout,
    served,
    status_of,
    target,
    trying,
    verdict_of,
)

TRAINING = {"dataset": "customers.csv", "ensemble": "telco"}
WATCHED: dict[str, Any] = {"drift": {}, "training": TRAINING}
DAY = 86400.0
FROZEN = LoopMemory(freezes=(Freeze(BEFORE, BEFORE),))


def _spec(**loop: Any) -> dict[str, Any]:
    return {**WATCHED, "loop": loop}


def _serving(spec: dict[str, Any] | None = None, **seen: Any) -> Observed:
    """Version 2 answers, version 1 did before, and nothing is tried."""
    status = ChurnModelStatus(stable=served("2"), previous=served("1").model_copy(update={"since": "2026-01-01"}))
    found = {"deployed": deployed("2"), "target": target("2"), "model": model(spec or WATCHED, status)}
    return observed(**{**found, **seen})


def _deeds(seen: Observed) -> list[str]:
    return [entry.action for entry in intended(seen)]


class Case(NamedTuple):
    """What is seen while version 2 answers, and what is decided of it."""

    seen: dict[str, Any]
    deed: Deed | None
    reason: Reason
    spec: dict[str, Any] = WATCHED
    loop: LoopMemory = LoopMemory()


QUIET = Reason.SETTLED
MOVED = drift("2", input=FAIL)
WORSE = labels("2", "1", worse=FAIL)
BELOW = labels("2", below=FAIL)
CASES = {
    "nobody looks": Case({}, None, QUIET, {}),
    "all is well": Case({"drift": drift("2"), "labels": labels("2")}, None, QUIET),
    # 4
    "an odd pod is told": Case({"drift": replace(drift("2"), odd_pods=("a",))}, Deed.POD_IS_ODD, Reason.ODD_POD),
    # 5
    "three feeds broke: the first tells it": Case(
        {"drift": drift("2", feed=FAIL), "broken_feeds": (("churn", "x"), ("churn", "y"))},
        Deed.UPSTREAM_BROKEN,
        Reason.UPSTREAM_BROKEN,
    ),
    "three feeds broke: others do not tell it again": Case(
        {"drift": drift("2", feed=FAIL), "broken_feeds": (("churn", "a"), ("churn", "y"))},
        Deed.FROZEN,
        Reason.FEED_BROKEN,
    ),
    "two feeds broke": Case(
        {"drift": drift("2", feed=FAIL), "broken_feeds": (("churn", "x"),)}, Deed.FROZEN, Reason.FEED_BROKEN
    ),
    # 6
    "a broken feed freezes": Case({"drift": drift("2", feed=FAIL)}, Deed.FROZEN, Reason.FEED_BROKEN),
    "a broken feed goes before drift": Case(
        {"drift": drift("2", feed=FAIL, input=FAIL)}, Deed.FROZEN, Reason.FEED_BROKEN
    ),
    "a broken feed goes before labels": Case(
        {"drift": drift("2", feed=FAIL), "labels": WORSE}, Deed.FROZEN, Reason.FEED_BROKEN
    ),
    "a feed nobody can judge": Case({"drift": drift("2", feed=UNKNOWN)}, None, QUIET),
    "a broken feed of another version": Case({"drift": drift("1", feed=FAIL)}, None, QUIET),
    "frozen already": Case({"drift": drift("2", feed=FAIL)}, None, QUIET, loop=FROZEN),
    "good again": Case({"drift": drift("2")}, Deed.THAWED, Reason.FEED_GOOD, loop=FROZEN),
    "unknown ends no freeze": Case({"drift": drift("2", feed=UNKNOWN)}, None, QUIET, loop=FROZEN),
    "silence ends no freeze": Case({}, None, QUIET, loop=FROZEN),
    "nobody looks any more": Case({}, Deed.THAWED, Reason.FEED_GOOD, {"training": TRAINING}, FROZEN),
    "a person wants no freeze": Case(
        {"drift": drift("2", feed=FAIL)}, Deed.THAWED, Reason.FEED_GOOD, _spec(freeze="Observe"), FROZEN
    ),
    "a freeze only suggested": Case(
        {"drift": drift("2", feed=FAIL)}, Deed.SUGGESTED, Reason.AWAITS_APPROVAL, _spec(freeze="Suggest")
    ),
    "a freeze only observed": Case(
        {"drift": drift("2", feed=FAIL)}, Deed.OBSERVED, Reason.FEED_BROKEN, _spec(freeze="Observe")
    ),
    "unseen for a week": Case(
        {"drift": replace(drift("2"), unseen_since=later(NOW, -7 * DAY))},
        Deed.SCHEMA_CHANGED,
        Reason.SCHEMA_CHANGED,
    ),
    "unseen for six days": Case({"drift": replace(drift("2"), unseen_since=later(NOW, -6 * DAY))}, None, QUIET),
    # 8
    "the version before is better": Case({"labels": WORSE}, Deed.PREVIOUS_RECALLED, Reason.LABELS_WORSE),
    "another version before is better": Case({"labels": labels("2", "3", worse=FAIL)}, None, QUIET),
    "it was worse itself": Case({"labels": WORSE}, None, QUIET, loop=LoopMemory(worse=(DIGESTS["1"],))),
    "a person has asked for it again": Case({"labels": WORSE}, None, QUIET, loop=LoopMemory(worse=(DIGESTS["2"],))),
    "only suggested": Case({"labels": WORSE}, Deed.SUGGESTED, Reason.AWAITS_APPROVAL, _spec(rollback="Suggest")),
    "only observed": Case({"labels": WORSE}, Deed.OBSERVED, Reason.LABELS_WORSE, _spec(rollback="Observe")),
    "it rests": Case({"labels": WORSE}, None, QUIET, loop=LoopMemory(acted=later(NOW, -3600))),
    # 9
    "below the baseline": Case({"labels": BELOW}, Deed.RETRAINING_STARTED, Reason.RETRAINING),
    "of another version": Case({"labels": labels("1", below=FAIL)}, None, QUIET),
    "below the baseline, by one pod's broken rows": Case(
        {"labels": BELOW, "drift": drift("2", odd_pod=FAIL)}, None, QUIET
    ),
    "worse than before, by one pod's broken rows": Case(
        {"labels": WORSE, "drift": drift("2", odd_pod=FAIL)}, None, QUIET
    ),
    # 10
    "due": Case(
        {"labels": labels("2", new=1000)}, Deed.RETRAINING_STARTED, Reason.RETRAINING, _spec(retrainEvery="24h")
    ),
    "due, and too few labels": Case({"labels": labels("2", new=999)}, None, QUIET, _spec(retrainEvery="24h")),
    "not due": Case({"labels": labels("2", new=1000)}, None, QUIET, _spec(retrainEvery="25h")),
    "never by time": Case({"labels": labels("2", new=1000)}, None, QUIET, _spec(retrainEvery="0s")),
    # 11
    "drift retrains": Case({"drift": MOVED}, Deed.RETRAINING_STARTED, Reason.RETRAINING),
    "scores, too": Case({"drift": drift("2", score=FAIL)}, Deed.RETRAINING_STARTED, Reason.RETRAINING),
    "drift retrains though the feed is unknown": Case(
        {"drift": drift("2", input=FAIL, feed=UNKNOWN)}, Deed.RETRAINING_STARTED, Reason.RETRAINING
    ),
    "drift asks for nothing": Case({"drift": MOVED}, None, QUIET, _spec(retrainOnDrift=False)),
    "drift while frozen": Case({"drift": drift("2", input=FAIL, feed=UNKNOWN)}, None, QUIET, loop=FROZEN),
    "drift on a feed that is only observed": Case(
        {"drift": drift("2", input=FAIL, feed=FAIL)}, Deed.OBSERVED, Reason.FEED_BROKEN, _spec(freeze="Observe")
    ),
    "retraining only suggested": Case(
        {"drift": MOVED}, Deed.SUGGESTED, Reason.AWAITS_APPROVAL, _spec(retrain="Suggest")
    ),
    "retraining only observed": Case({"drift": MOVED}, Deed.OBSERVED, Reason.RETRAINING, _spec(retrain="Observe")),
    "nobody said how": Case({"drift": MOVED}, Deed.OBSERVED, Reason.RETRAINING, {"drift": {}}),
    "the aliases are another's": Case({"drift": MOVED, "alias_writer": ("churn", "older")}, None, QUIET),
    "one is under way": Case(
        {"drift": MOVED}, None, QUIET, loop=LoopMemory((Retraining(Occasion("retrain-0", "Input", ""), NOW),))
    ),
    # 12
    "harm by estimate is told": Case({"drift": drift("2", estimate=FAIL)}, Deed.HARM_ESTIMATED, Reason.ESTIMATED_HARM),
    # 13
    "two challengers were rejected": Case(
        {"drift": MOVED}, Deed.SUGGESTED, Reason.AWAITS_APPROVAL, loop=LoopMemory(challengers_rejected=2, rejected=NOW)
    ),
    # 14
    "an operator that has just begun to look": Case(
        {
            "drift": unwatched(revision("2").identifier, DIGESTS["2"], "not heard yet", later(NOW, 1)),
            "now": later(NOW, 2),
        },
        None,
        QUIET,
    ),
    "nothing is known for not quite a day": Case({"drift": drift("2", feed=UNKNOWN)}, None, QUIET),
    "nobody is heard for a day": Case({"now": later(NOW, 1)}, Deed.MONITOR_BLIND, Reason.MONITOR_BLIND),
    "nothing is known for a day": Case(
        {"drift": drift("2", feed=UNKNOWN), "now": later(NOW, 1)},
        Deed.MONITOR_BLIND,
        Reason.MONITOR_BLIND,
    ),
}


def _seen(case: Case) -> Observed:
    return _serving(case.spec, memory=Memory(loop=case.loop), **case.seen)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_evidence_asks_for_this_and_nothing_else(case: Case) -> None:
    seen = _seen(case)
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (State.STABLE, case.reason), verdict.message
    assert _deeds(seen) == ([case.deed] if case.deed else [])
    run = verdict.action.run
    assert run is not None
    assert run.bundle.version == "2"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_same_evidence_is_acted_on_once(case: Case) -> None:
    seen = after(_seen(case))
    jobs = {name: TrainingJob(False, False, "") for name in [one.occasion.name for one in seen.memory.loop.retrainings]}
    seen = replace(seen, retrainings=jobs)
    told = _deeds(seen)
    assert case.deed not in told, told
    assert Deed.RETRAINING_STARTED not in told, told


def test_a_yes_lets_what_waits_begin_once() -> None:
    waits = after(_serving(_spec(retrain="Suggest"), drift=MOVED))
    name = waits.memory.loop.suggested[0].name
    status = status_of(waits)
    assert status.loop is not None
    assert status.loop.awaits_approval == [name]
    assert name in status.history[0].message
    other = replace(waits, model=replace(waits.model, spec=model(_spec(retrain="Suggest", approve="retrain-x")).spec))
    assert _deeds(other) == []
    yes = replace(waits, model=replace(waits.model, spec=model(_spec(retrain="Suggest", approve=name)).spec))
    assert _deeds(yes) == [Deed.LOOP_APPROVED, Deed.RETRAINING_STARTED]
    begun = after(yes)
    assert [one.occasion.name for one in begun.memory.loop.retrainings] == [name]
    assert _deeds(replace(begun, now=later(NOW, 60))) == []


def test_a_suggestion_keeps_its_name_while_windows_go_on() -> None:
    waits = after(_serving(_spec(retrain="Suggest"), drift=MOVED))
    goes_on = replace(waits, drift=replace(MOVED, last_window_end=NOW))
    assert _deeds(goes_on) == []
    assert waits.memory.loop.suggested[0].name in verdict_of(goes_on).message


def _moved(verdict: GateVerdict, since: str) -> DriftEvidence:
    """An alarm that began BEFORE, and became this verdict later."""
    signals = [
        replace(one, verdict=verdict, since=since, began=BEFORE) for one in MOVED.signals if one.signal == "Input"
    ]
    others = [one for one in MOVED.signals if one.signal != "Input"]
    return replace(MOVED, signals=(*signals, *others))


def test_a_suggestion_outlives_a_window_that_nobody_could_judge() -> None:
    waits = after(_serving(_spec(retrain="Suggest"), drift=_moved(FAIL, BEFORE)))
    name = waits.memory.loop.suggested[0].name
    unknown = after(replace(waits, drift=_moved(UNKNOWN, later(NOW, 60))))
    again = replace(unknown, drift=_moved(FAIL, later(NOW, 120)))
    assert _deeds(again) == []
    yes = replace(again, model=replace(again.model, spec=model(_spec(retrain="Suggest", approve=name)).spec))
    assert _deeds(yes) == [Deed.LOOP_APPROVED, Deed.RETRAINING_STARTED]


HELD = {
    "two bad challengers": LoopMemory(challengers_rejected=2, rejected=BEFORE),
    "a training that made no good one": LoopMemory(missed_floor=BEFORE),
}


@pytest.mark.parametrize("bad", HELD.values(), ids=HELD.keys())
def test_a_person_ends_a_hold(bad: LoopMemory) -> None:
    held = after(_serving(drift=MOVED, memory=Memory(loop=bad)))
    name = held.memory.loop.suggested[0].name
    assert name.startswith("hold-")
    spec = model({**WATCHED, "loop": {"approve": name}}).spec
    yes = after(replace(held, model=replace(held.model, spec=spec)))
    assert (yes.memory.loop.is_held, yes.memory.loop.suggested) == (False, [])
    assert Deed.RETRAINING_STARTED in _deeds(yes)


ENDS = {
    "it made a version": (TrainingJob(True, False, ""), Deed.RETRAINED, Ended.MADE),
    "the gate kept the champion": (TrainingJob(True, True, "stays", exit_code=3), Deed.CHAMPION_KEPT, Ended.KEPT),
    "not good enough": (TrainingJob(True, True, "auc", exit_code=5), Deed.FLOOR_MISSED, Ended.FLOOR_MISSED),
    "bad data": (TrainingJob(True, True, "DataRejected", exit_code=2), Deed.DATA_REJECTED, Ended.DATA_REJECTED),
    "out of time": (TrainingJob(True, True, "deadline"), Deed.RETRAINING_FAILED, Ended.FAILED),
    "it is gone": (None, Deed.RETRAINING_FAILED, Ended.FAILED),
}


@pytest.mark.parametrize(("job", "deed", "result"), ENDS.values(), ids=ENDS.keys())
def test_how_a_retraining_ended_is_remembered(job: TrainingJob | None, deed: Deed, result: Ended) -> None:
    begun = after(_serving(drift=MOVED))
    name = begun.memory.loop.retrainings[0].occasion.name
    ended = replace(begun, retrainings={name: job} if job else {}, now=later(NOW, 300))
    assert _deeds(ended) == [deed]
    loop = after(ended).memory.loop
    assert (loop.retrainings[0].result, loop.is_held) == (result, deed is Deed.FLOOR_MISSED)


def test_a_job_is_made_by_whoever_leads_after_the_record() -> None:
    seen = _serving(drift=MOVED)
    recorded = replace(seen, memory=acted(seen).memory, drift=None)
    assert plan_of(recorded).retraining is None, "its outcome is on record: the Job was made"
    entries = intended(seen)
    died = replace(seen, memory=remembered(Memory(), entries), drift=None)
    found = plan_of(died).retraining
    assert found is not None
    assert found.occasion.name == entries[-1].key.split()[-1]
    assert intended(died) == ()


def test_labels_in_probation_take_the_new_version_back() -> None:
    seen = trying(Phase.PROBATION, labels=labels("2", "1", worse=FAIL))
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (State.ROLLING_BACK, Reason.LABELS_WORSE)
    assert Deed.REJECTED in _deeds(seen)


def test_labels_of_another_version_before_take_nothing_back() -> None:
    seen = trying(Phase.PROBATION, labels=labels("2", "3", worse=FAIL))
    assert Deed.REJECTED not in _deeds(seen)


def test_labels_of_a_broken_feed_take_nothing_back() -> None:
    spec = {"rollout": {"strategy": "Canary"}, "drift": {}, "loop": {"freeze": "Observe"}}
    seen = trying(Phase.PROBATION, labels=labels("2", "1", worse=FAIL), drift=drift("2", feed=FAIL))
    seen = replace(seen, model=replace(seen.model, spec=model(spec).spec))
    assert Deed.REJECTED not in _deeds(seen)


def test_the_recalled_version_is_tried_without_a_yes_and_the_worse_one_not_again() -> None:
    recalled = after(_serving(labels=WORSE))
    tried = verdict_of(recalled)
    assert tried.action.rollout is not None, tried.message
    assert (tried.action.rollout.version, tried.action.rollout.by) == ("1", Wisher.CHALLENGER)
    assert recalled.memory.loop.worse == (DIGESTS["2"],)


def test_a_freeze_is_remembered_from_when_the_rows_broke() -> None:
    seen = _serving(drift=drift("2", feed=FAIL))
    for verdict in (FAIL, FAIL, PASS):
        seen = after(replace(seen, drift=drift("2", feed=verdict)))
    loop = seen.memory.loop
    assert (len(loop.freezes), loop.frozen_since, loop.freezes[0].since) == (1, "", BEFORE)


def test_a_frozen_challenger_waits_and_a_persons_wish_does_not() -> None:
    spec = {**WATCHED, "rollout": {"strategy": "Canary"}, "loop": {"promote": "Auto"}}
    frozen = _serving(spec, memory=Memory(loop=FROZEN), drift=drift("2", feed=FAIL), target=target("3"))
    assert verdict_of(frozen).reason is not Reason.FEED_BROKEN, "a person has moved champion"
    watched = model(spec, ChurnModelStatus(stable=served("1")))
    memory = Memory(rollout=rollout(Phase.CANARY), loop=FROZEN)
    held = trying(Phase.CANARY, model=watched, memory=memory, drift=drift(feed=FAIL))
    assert verdict_of(held).reason is Reason.FEED_BROKEN
    assert "spec.loop.freeze is Observe" in verdict_of(held).message


def test_time_goes_on_while_a_version_gets_another_configuration() -> None:
    first = replace(revision("2"), fate=Fate.SERVED, since=later(NOW, -40 * DAY))
    stable = replace(revision("2", image="serving:2"), fate=Fate.SERVED, since=BEFORE)
    known = {one.identifier: one for one in (first, stable)}
    running = replace(deployed("2"), revision=stable.identifier)
    spec = {"training": TRAINING, "labels": {"delay": "720h"}}
    image = "serving:2"
    seen = _serving(spec, records=known, deployed=running, labels=labels("2", new=1000), serving_image=image)
    assert _deeds(seen) == [Deed.RETRAINING_STARTED]


SPANS = {
    "one that is over": (Freeze(BEFORE, BEFORE, NOW), ((BEFORE, NOW),)),
    "one that lasts": (Freeze(BEFORE, BEFORE), ((BEFORE, NOW),)),
    "its end by a clock that was behind": (Freeze(NOW, NOW, BEFORE), ()),
    "a beginning that is no time": (Freeze("once", BEFORE, NOW), ()),
    "an end without a zone": (Freeze(BEFORE, BEFORE, "2026-11-23T12:00:00"), ()),
}


@pytest.mark.parametrize(("freeze", "spans"), SPANS.values(), ids=SPANS.keys())
def test_training_is_told_of_times_that_it_can_read(freeze: Freeze, spans: tuple[tuple[str, str], ...]) -> None:
    loop = LoopMemory(freezes=(freeze,))
    assert plan_of(_serving(drift=drift("2", feed=UNKNOWN), memory=Memory(loop=loop))).unfit == spans


def test_nothing_is_asked_for_of_a_version_that_is_not_settled() -> None:
    scaled = _serving(drift=MOVED, deployed=deployed("2", rolled_out=False))
    assert Deed.RETRAINING_STARTED not in _deeds(scaled)


def test_a_record_of_another_operator_changes_nothing_that_is_known() -> None:
    bad = {"loop": ["of", "another", "kind"]}
    entries = [replace(one, evidence=bad) for one in intended(_serving(drift=MOVED))]
    assert remembered(Memory(), entries).loop.retrainings == ()
