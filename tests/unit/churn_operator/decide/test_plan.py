"""Distributed rollouts: members come up before the serving pods and go after them, and states tell when some lack."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType, Reason, State
from churn_operator.decide.observed import Observed
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.record import Fate, Record
from support.observations import (
    deployed,
    distributed,
    members,
    model,
    observed,
    plan_of,
    problem,
    revision,
    served,
    status_of,
    target,
    verdict_of,
)

SPEC = {"serving": {"placement": "Distributed"}}
BAD = PodFailure(Reason.CRASHING, "server of telco-xgboost ended 3 times", 3)
FAILING = Deployed("any", False, True, 0, BAD)
UP, STARTING = members(1), members(0)
ONE, TWO = distributed("1"), distributed("2")
OLD = revision("1")
"""Colocated."""


def _stable(one: Record) -> ChurnModelStatus:
    return ChurnModelStatus(stable=served("1").model_copy(update={"revision": one.identifier}))


def _deployed(one: Record, ready: bool = True) -> Deployed:
    return replace(deployed(one.bundle.version, ready), revision=one.identifier)


def _observed(
    wanted: str = "1",
    template: Record | None = None,
    answering: tuple[Record, ...] = (),
    status: ChurnModelStatus | None = None,
    **changes: object,
) -> Observed:
    """Distributed versions; the Deployment's template names one revision, and pods of others may be left."""
    known = {one.identifier: one for one in (OLD, ONE, TWO)}
    found: dict[str, object] = {
        "model": model(SPEC, status),
        "target": target(wanted),
        "records": known,
        "deployed": _deployed(template) if template else None,
        "answering": frozenset(one.identifier for one in (*answering, *([template] if template else []))),
    }
    return observed(**{**found, **changes})


@pytest.mark.parametrize(
    ("seen", "serving", "member_sets", "kept"),
    [
        pytest.param(_observed(), None, (ONE,), (ONE,), id="first: members alone"),
        pytest.param(
            _observed(members={ONE.identifier: STARTING}), None, (ONE,), (ONE,), id="members are starting: no pod yet"
        ),
        pytest.param(_observed(members={ONE.identifier: UP}), ONE, (ONE,), (ONE,), id="members are up: serving pods"),
        pytest.param(
            _observed("2", ONE, members={ONE.identifier: UP}, status=_stable(ONE)),
            ONE,
            (ONE, TWO),
            (ONE, TWO),
            id="a new version's members come up beside the old ones",
        ),
        pytest.param(
            _observed("2", ONE, members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (ONE, TWO),
            (ONE, TWO),
            id="then the serving pods move",
        ),
        pytest.param(
            _observed("2", TWO, (ONE,), members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (ONE, TWO),
            (ONE, TWO),
            id="an old serving pod is left: its members stay",
        ),
        pytest.param(
            _observed("2", TWO, members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (TWO,),
            (TWO,),
            id="no old serving pod is left: its members go",
        ),
        pytest.param(
            _observed("1", ONE, members={ONE.identifier: members(1, xgboost=None)}, status=_stable(ONE)),
            ONE,
            (ONE,),
            (ONE,),
            id="a member's Deployment was deleted: it comes back, and serving goes on",
        ),
        pytest.param(
            _observed(template=OLD, status=_stable(OLD)),
            OLD,
            (ONE,),
            (OLD, ONE),
            id="from Colocated: the old pods answer until the members are up",
        ),
        pytest.param(
            _observed(template=ONE, status=_stable(ONE), model=model(None, _stable(ONE)), members={ONE.identifier: UP}),
            OLD,
            (ONE,),
            (OLD, ONE),
            id="to Colocated: at once, and the members stay for the old pods",
        ),
        pytest.param(
            _observed(
                "2", ONE, status=_stable(ONE), members={ONE.identifier: UP, TWO.identifier: members(1, xgboost=FAILING)}
            ),
            ONE,
            (ONE,),
            (ONE,),
            id="a new version's member fails: all its members go",
        ),
        pytest.param(
            _observed(target=problem(Reason.REGISTRY_UNREACHABLE), members={ONE.identifier: STARTING}),
            None,
            (ONE,),
            (ONE,),
            id="MLflow is down while the first members start: they stay",
        ),
        pytest.param(
            _observed(
                "2",
                ONE,
                model=model({**SPEC, "paused": True}, _stable(ONE)),
                members={ONE.identifier: UP, TWO.identifier: STARTING},
            ),
            ONE,
            (ONE, TWO),
            (ONE, TWO),
            id="paused: nothing is removed",
        ),
    ],
)
def test_plan(
    seen: Observed, serving: Record | None, member_sets: tuple[Record, ...], kept: tuple[Record, ...]
) -> None:
    plan = plan_of(seen)
    assert (plan.serving.identifier if plan.serving else None) == (serving.identifier if serving else None)
    assert [one.identifier for one in plan.members] == sorted(one.identifier for one in member_sets)
    assert plan.kept == {one.identifier for one in kept}


@pytest.mark.parametrize(
    ("seen", "state", "reason", "ready"),
    [
        pytest.param(
            _observed(members={ONE.identifier: UP}),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "False",
            id="no pod yet",
        ),
        pytest.param(
            _observed(template=ONE, members={ONE.identifier: UP}), State.STABLE, Reason.SERVING, "True", id="serving"
        ),
        pytest.param(
            _observed(template=ONE, members={ONE.identifier: members(1, xgboost=None)}),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "False",
            id="never complete: a member is missing",
        ),
        pytest.param(
            _observed(
                template=ONE,
                members={ONE.identifier: members(1, xgboost=Deployed("any", False, True, 0))},
                status=_stable(ONE),
            ),
            State.DEGRADED,
            Reason.MEMBERS_MISSING,
            "False",
            id="it has served, and a member has no ready pod",
        ),
        pytest.param(
            _observed(
                template=ONE,
                members={ONE.identifier: members(1, xgboost=Deployed("any", False, True, 1))},
                status=_stable(ONE),
            ),
            State.STABLE,
            Reason.SERVING,
            "True",
            id="one of a member's pods is missing: the others answer",
        ),
        pytest.param(
            _observed(template=ONE, members={ONE.identifier: members(1, xgboost=FAILING)}, status=_stable(ONE)),
            State.DEGRADED,
            Reason.MEMBERS_MISSING,
            "False",
            id="a member of a version that has served crashes: not rejected",
        ),
        pytest.param(
            _observed(
                "2", ONE, status=_stable(ONE), members={ONE.identifier: UP, TWO.identifier: members(1, xgboost=FAILING)}
            ),
            State.REJECTED,
            Reason.CRASHING,
            "False",
            id="a new version's member crashes: rejected",
        ),
        pytest.param(
            _observed(members={ONE.identifier: members(1, xgboost=FAILING)}),
            State.REJECTED,
            Reason.CRASHING,
            "False",
            id="the first version's member crashes: nothing to go back to",
        ),
        pytest.param(
            _observed(model=model({"serving": {"placement": "Distributed", "members": {"quorum": 3}}})),
            State.REJECTED,
            Reason.QUORUM_IMPOSSIBLE,
            "False",
            id="a quorum that there cannot be",
        ),
        pytest.param(
            _observed(
                template=ONE,
                model=model({"serving": {"placement": "Distributed", "members": {"quorum": 3}}}, _stable(ONE)),
                members={ONE.identifier: UP},
            ),
            State.REJECTED,
            Reason.QUORUM_IMPOSSIBLE,
            "False",
            id="a quorum that there cannot be, while another serves",
        ),
    ],
)
def test_state_and_readiness(seen: Observed, state: State, reason: Reason, ready: str) -> None:
    status = status_of(seen)
    condition = next(one for one in status.conditions if one.type == ConditionType.READY)
    assert (status.state, condition.reason, condition.status) == (state, reason, ready)


def test_a_missing_member_is_named() -> None:
    seen = _observed(template=ONE, members={ONE.identifier: members(1, xgboost=None)}, status=_stable(ONE))
    assert "no ready pod of xgboost" in verdict_of(seen).message


def test_a_member_without_room_is_named_and_refuses_nothing() -> None:
    pending = replace(FAILING, failure=None, pending="telco-xgboost-1: no room")
    seen = _observed("2", ONE, status=_stable(ONE), members={TWO.identifier: members(1, xgboost=pending)})
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (State.ROLLING_OUT, Reason.PODS_PENDING)
    assert "member xgboost: telco-xgboost-1: no room" in verdict.message


def test_a_failing_member_is_named_in_the_rejection() -> None:
    seen = _observed("2", ONE, status=_stable(ONE), members={TWO.identifier: members(1, xgboost=FAILING)})
    rejected = status_of(seen).rejected
    assert rejected is not None
    assert (rejected.version, rejected.reason) == ("2", Reason.CRASHING)
    assert rejected.message == f"version 2: member xgboost: {BAD.message}"


def test_replicas_of_members_are_not_part_of_a_revision() -> None:
    seen = _observed(template=ONE, members={ONE.identifier: UP}, status=_stable(ONE))
    scaled = replace(
        seen, model=model({"serving": {"placement": "Distributed", "members": {"replicas": 3}}}, _stable(ONE))
    )
    assert verdict_of(scaled).state is State.STABLE


def test_members_on_the_way_back_to_a_version_that_served_are_judged_too() -> None:
    one, two = (replace(record, fate=Fate.SERVED, since=f"2026-11-2{record.bundle.version}") for record in (ONE, TWO))
    known = {record.identifier: record for record in (one, two)}
    fails = {two.identifier: UP, one.identifier: members(1, xgboost=FAILING)}
    back = _observed("1", two, members=fails, records=known)
    assert (verdict_of(back).state, verdict_of(back).reason) == (State.REJECTED, Reason.CRASHING)
    left = _observed("2", two, (one,), members=fails, records=known)
    assert verdict_of(left).state is State.STABLE
