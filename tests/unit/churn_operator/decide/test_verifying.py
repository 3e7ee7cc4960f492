"""Before a version answers anything: what stands against trying it in the stable pods, and who is told of its table."""

from dataclasses import replace
from typing import Any

import pytest
from churn_models.traffic import HeldTable, State, Traffic
from churn_operator.api.status import ConditionType, Reason
from churn_operator.api.status import State as ModelState
from churn_operator.audit.entry import Deed
from churn_operator.audit.memory import Memory
from churn_operator.audit.rollout import Fault, Phase, Wisher
from churn_operator.decide.actions import Action, Keep, Quarantine, Reject, Shift
from churn_operator.decide.observed import Observed
from churn_operator.decide.traffic import traffic_word
from churn_operator.names import Track
from churn_operator.observe.pod_answer import PodAnswer
from support.observations import (
    NOW,
    after,
    deployed,
    intended,
    plan_of,
    revision,
    rollout,
    status_of,
    target,
    trying,
    verdict_of,
)

TABLES = {"3": "sha256:" + "c" * 64, "1": "sha256:" + "a" * 64, "2": "sha256:" + "b" * 64}
LATER = "2026-11-23T12:00:45Z"
MUCH_LATER = "2026-11-23T12:10:00Z"
OFFERS = f"http://10.0.0.9:8082/tables/{TABLES['2']}"


def _held(version: str) -> HeldTable:
    return HeldTable(sha256=TABLES[version], digest=revision(version).bundle.digest, version=version)


def _pod(name: str, version: str = "1", holds: str = "", ready: bool = True, **told: Any) -> PodAnswer:
    """A serving pod, or the verifier, which is of version 2; `told` is more of what it says."""
    digest, held = revision(version).bundle.digest, [_held(version), *map(_held, holds)]
    state = State(instance=name, model="telco", digest=digest, version=version, held=tuple(held), **told)
    track = Track.CANDIDATE if version == "2" else Track.STABLE
    address = f"10.0.0.{9 if version == '2' else name[-1]}"
    identifier, since = revision(version).identifier, NOW if ready else ""
    return PodAnswer(name, address, identifier, track, ready, since, state, heard_since=NOW)


VERIFIER = _pod("telco-candidate", "2")


def _seen(*pods: PodAnswer, **changes: Any) -> Observed:
    asked = {"verifier": replace(deployed("2"), wanted_pods=1), "now": LATER, "pods": (VERIFIER, *pods)}
    return trying(Phase.VERIFYING, **{**asked, **changes})


def _by_challenger(**changes: Any) -> dict[str, Any]:
    return {"target": target("1"), "memory": Memory(rollout=rollout(Phase.VERIFYING, by=Wisher.CHALLENGER, **changes))}


@pytest.mark.parametrize(
    ("seen", "action", "deed", "phase"),
    [
        pytest.param(_seen(verifier=None, pods=()), Keep, None, None, id="the verifier starts"),
        pytest.param(_seen(_pod("p1"), _pod("p2")), Keep, None, None, id="the table spreads"),
        pytest.param(_seen(_pod("p1", holds="2"), _pod("p2")), Keep, None, None, id="one pod holds it"),
        pytest.param(
            _seen(_pod("p1", holds="2"), _pod("p2", holds="2")), Shift, Deed.SHIFTED, Phase.CANARY, id="all hold it"
        ),
        pytest.param(
            _seen(_pod("p1", holds="2"), replace(_pod("p2"), ready=False)),
            Shift,
            Deed.SHIFTED,
            Phase.CANARY,
            id="all that are ready hold it",
        ),
        pytest.param(
            _seen(_pod("p1", holds="2"), replace(_pod("p2"), state=None)), Keep, None, None, id="one is silent: unknown"
        ),
        pytest.param(
            _seen(_pod("p1", not_held={TABLES["2"]: "SchemaDiffers: one feature more"})),
            Shift,
            Deed.PODS_OF_ITS_OWN,
            Phase.ROLLING_OUT,
            id="rows are encoded otherwise",
        ),
        pytest.param(
            _seen(pods=(replace(VERIFIER, state=_pod("v", "2", holds_none_because="a stock member").state),)),
            Shift,
            Deed.PODS_OF_ITS_OWN,
            Phase.ROLLING_OUT,
            id="a member is on the stock path",
        ),
        pytest.param(
            _seen(_pod("p1", holds_none_because="a stock member")),
            Shift,
            Deed.PODS_OF_ITS_OWN,
            Phase.ROLLING_OUT,
            id="the stable version has one on the stock path",
        ),
        pytest.param(
            _seen(_pod("p1", holds_none_because="a stock member"), **_by_challenger()),
            Keep,
            Deed.AWAITS_APPROVAL,
            None,
            id="nobody has asked for pods of a challenger",
        ),
        pytest.param(
            _seen(_pod("p1", not_held={TABLES["2"]: "TableInvalid: golden row 3"})),
            Quarantine,
            None,
            Phase.ENDED,
            id="a stable pod finds the table bad",
        ),
        pytest.param(
            _seen(_pod("p1", not_held={TABLES["2"]: "TableUnavailable: refused"}), now=MUCH_LATER),
            Reject,
            None,
            Phase.ENDED,
            id="it does not spread in time",
        ),
        pytest.param(
            _seen(
                replace(
                    _pod("p1", not_held={TABLES["2"]: "TableUnavailable: refused"}),
                    heard_since="2026-11-23T12:09:50Z",
                ),
                now=MUCH_LATER,
            ),
            Keep,
            Deed.TRIAL_WAITS,
            None,
            id="a pod that is just heard again tells of when it was cut off",
        ),
        pytest.param(
            _seen(_pod("p1", holds="2"), replace(_pod("p2"), state=None), now=MUCH_LATER),
            Keep,
            Deed.TRIAL_WAITS,
            None,
            id="one pod stays silent: unknown, never bad",
        ),
        pytest.param(_seen(now=MUCH_LATER), Keep, Deed.TRIAL_WAITS, None, id="there is no stable pod"),
        pytest.param(
            _seen(replace(_pod("p1"), state=None, is_mute=True)),
            Shift,
            Deed.PODS_OF_ITS_OWN,
            Phase.ROLLING_OUT,
            id="pods of an older image do not tell",
        ),
        pytest.param(
            _seen(
                _pod("p1"),
                pods=(
                    _pod("p1"),
                    replace(
                        VERIFIER, revision=revision("3").identifier, state=_pod("v", "3", holds_none_because="x").state
                    ),
                ),
            ),
            Keep,
            None,
            None,
            id="the verifier of another version, which is ending, says nothing of this one",
        ),
        pytest.param(
            _seen(_pod("p1"), records={}, deployed=deployed("3")),
            Shift,
            Deed.WITHDRAWN,
            Phase.ENDED,
            id="the record of what serves is gone",
        ),
        pytest.param(
            _seen(
                _pod("p1", not_held={TABLES["2"]: "TableUnavailable: refused"}),
                now=MUCH_LATER,
                looked_since=MUCH_LATER,
            ),
            Keep,
            None,
            None,
            id="it had no operator to spread it",
        ),
    ],
)
def test_what_is_decided(seen: Observed, action: type[Action], deed: Deed | None, phase: Phase | None) -> None:
    verdict = verdict_of(seen)
    assert isinstance(verdict.action, action)
    done = verdict.action.deed if isinstance(verdict.action, Shift) else verdict.tells
    made = verdict.action.rollout
    assert (done, made.phase if made else None) == (deed, phase)


def test_a_bundle_that_a_stable_pod_finds_bad_is_quarantined_and_runs_nowhere() -> None:
    verdict = verdict_of(_seen(_pod("p1", not_held={TABLES["2"]: "TableInvalid: golden row 3"})))
    assert isinstance(verdict.action, Quarantine) and verdict.action.rollout is not None
    assert (verdict.state, verdict.reason) == (ModelState.REJECTED, Reason.BUNDLE_REJECTED)
    assert (verdict.action.rejected.bundle.version, verdict.action.run.bundle.version) == ("2", "1")
    assert verdict.action.rollout.fault is Fault.BUNDLE


_SILENT = replace(_pod("p1"), state=None)
WAITS = {
    "a stable pod is silent": (
        _seen(_SILENT, _pod("p2", holds="2"), now=MUCH_LATER),
        (ModelState.WAITING, Reason.PODS_SILENT, "nothing is heard of p1:"),
    ),
    "a challenger's stable pods are silent": (
        _seen(_SILENT, now=MUCH_LATER, **_by_challenger()),
        (ModelState.WAITING, Reason.PODS_SILENT, "nothing is heard of p1:"),
    ),
    "the verifier is silent": (
        _seen(pods=(replace(VERIFIER, state=None), _pod("p1")), now=MUCH_LATER),
        (ModelState.WAITING, Reason.PODS_SILENT, "nothing is heard of telco-candidate:"),
    ),
    "no stable pod is ready": (
        _seen(replace(_pod("p1"), ready=False), now=MUCH_LATER),
        (ModelState.WAITING, Reason.PODS_NOT_READY, "no pod of the stable version is ready"),
    ),
    "the verifier finds no room": (
        _seen(_pod("p1"), verifier=replace(deployed("2", False), pending="no room"), pods=(), now=MUCH_LATER),
        (ModelState.WAITING, Reason.PODS_PENDING, "its verifier waits for the cluster: verifier: no room"),
    ),
    "pods come faster than the table spreads": (
        _seen(_pod("p1", holds="2"), _pod("p2"), now=MUCH_LATER),
        (ModelState.WAITING, Reason.VERIFYING, "1 of 2 ready pods hold its table"),
    ),
    "its operator has just begun to look": (
        _seen(_SILENT, now=MUCH_LATER, looked_since=MUCH_LATER),
        (ModelState.VERIFYING, Reason.UNKNOWN, "the others are not heard"),
    ),
    "the verifier starts, by a deadline of its own": (
        _seen(_pod("p1"), verifier=deployed("2", False), pods=(), now="2026-11-23T12:06:00Z"),
        (ModelState.VERIFYING, Reason.VERIFYING, "the verifier of version 2 is starting"),
    ),
    "the verifier has been starting for twice the deadline": (
        _seen(_pod("p1"), verifier=deployed("2", False), pods=(), now="2026-11-23T12:10:01Z"),
        (ModelState.WAITING, Reason.PODS_NOT_READY, "its verifier is not ready"),
    ),
    "the deadline is not over": (
        _seen(_SILENT, now=LATER),
        (ModelState.VERIFYING, Reason.UNKNOWN, "the others are not heard"),
    ),
}


@pytest.mark.parametrize(("seen", "told"), WAITS.values(), ids=WAITS)
def test_what_nothing_is_known_of_waits_from_its_deadline_on(
    seen: Observed, told: tuple[ModelState, Reason, str]
) -> None:
    verdict, (state, reason, words) = verdict_of(seen), told
    assert (verdict.state, verdict.reason) == (state, reason)
    assert words in verdict.message
    assert isinstance(verdict.action, Keep)


def test_a_challenger_that_waits_holds_up_nothing_that_a_person_asked_for() -> None:
    told = {one.type: one.status for one in status_of(_seen(_SILENT, now=MUCH_LATER, **_by_challenger())).conditions}
    assert (told[ConditionType.READY], told[ConditionType.RECONCILING]) == ("True", "False")
    told = {one.type: one.status for one in status_of(_seen(_SILENT, now=MUCH_LATER)).conditions}
    assert (told[ConditionType.READY], told[ConditionType.RECONCILING]) == ("False", "True")


def test_waiting_is_told_once_and_ends_when_the_pods_are_heard() -> None:
    seen = _seen(_SILENT, _pod("p2", holds="2"), now=MUCH_LATER)
    later = after(seen, now="2026-11-23T12:40:00Z")
    assert [entry.action for entry in intended(seen)] == [Deed.TRIAL_WAITS]
    assert not intended(later)
    heard = replace(later, pods=(VERIFIER, _pod("p1", holds="2"), _pod("p2", holds="2")))
    assert verdict_of(heard).state is ModelState.CANARY


def test_both_tables_are_on_record_from_the_first_step_on() -> None:
    made = verdict_of(_seen(_pod("p1", holds="2"))).action.rollout
    assert made is not None
    assert (made.candidate_table, made.stable_table) == (TABLES["2"], TABLES["1"])
    assert (made.generation, made.weight, made.step) == (2, 5, 0)


@pytest.mark.parametrize(
    ("pods", "now", "told"),
    [
        pytest.param([_pod("p1"), _pod("p2")], LATER, {"p1"}, id="one first"),
        pytest.param([_pod("p1", holds="2"), _pod("p2")], NOW, {"p1"}, id="it has just got it"),
        pytest.param([_pod("p1", holds="2"), _pod("p2")], LATER, {"p1", "p2"}, id="the others later"),
        pytest.param([_pod("p1", ready=False), _pod("p2")], LATER, {"p1"}, id="it broke the first: no other gets it"),
    ],
)
def test_one_pod_is_told_of_a_table_first(pods: list[PodAnswer], now: str, told: set[str]) -> None:
    word = plan_of(_seen(*pods, now=now)).traffic
    assert {pod.name for pod in pods if word.for_pod(pod.name).tables} == told
    (table,) = word.for_pod("p1").tables
    assert (table.sha256, table.version) == (TABLES["2"], "2")
    assert table.sources[0] == OFFERS
    assert word.for_pod("p1").candidate is None


WORDS = {
    Phase.SHADOWING: ("2", 0, 5, False, ["2"]),
    Phase.CANARY: ("2", 5, 0, False, ["2"]),
    Phase.PROMOTING: ("2", 100, 0, False, ["2", "1"]),
    Phase.ROLLING_OUT: ("", 0, 0, False, ["1"]),
    Phase.PROBATION: ("1", 0, 25, True, ["1"]),
    Phase.ROLLING_BACK: ("1", 100, 0, True, ["1"]),
    Phase.SAFE_MODE: ("1", 100, 0, True, ["1"]),
    Phase.ENDED: ("", 0, 0, False, []),
}


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.VERIFYING])
def test_what_pods_are_told_in_each_phase(phase: Phase) -> None:
    heavy = phase in (Phase.PROMOTING, Phase.ROLLING_BACK, Phase.SAFE_MODE)
    tables = {"candidate_table": TABLES["2"], "stable_table": TABLES["1"]}
    now = rollout(phase, weight=100 if heavy else 5, **tables)
    seen = trying(phase, memory=Memory(rollout=now), pods=(_pod("p1", holds="2"), VERIFIER))
    word = traffic_word(seen, now, is_scarce=False).for_pod("p1")
    candidate, weight, sample, previous, offered = WORDS[phase]
    assert (word.candidate, word.weight, word.sample) == (TABLES.get(candidate), weight, sample)
    assert (word.previous, [table.version for table in word.tables]) == (previous, offered)


@pytest.mark.parametrize(
    ("running", "answering", "weight"),
    [
        pytest.param("1", "12", 100, id="a pod of the left revision is ending"),
        pytest.param("1", "1", 0, id="all are gone"),
        pytest.param("2", "12", 0, id="it was promoted, and the old pods are ending"),
    ],
)
def test_pods_that_go_answer_by_what_is_stable_until_they_are_gone(running: str, answering: str, weight: int) -> None:
    ended = rollout(Phase.ENDED, weight=0, stable_table=TABLES["1"])
    revisions = frozenset(revision(version).identifier for version in answering)
    seen = trying(Phase.ENDED, memory=Memory(rollout=ended), answering=revisions, deployed=deployed(running))
    word = traffic_word(seen, ended, is_scarce=False).for_pod("any")
    assert (word.weight, word.previous, word.candidate) == (weight, weight > 0, TABLES["1"] if weight else None)


def test_a_model_of_which_nothing_was_ever_tried_is_told_so() -> None:
    seen = trying(Phase.VERIFYING, memory=Memory(), target=target("1"))
    assert plan_of(seen).traffic.for_pod("any") == Traffic(generation=0)
