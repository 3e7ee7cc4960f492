"""Distributed rollouts: members come up before the serving pods and go after them, and states tell when some lack."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType, Reason, State
from churn_operator.decide.observed import Observed
from churn_operator.decide.revision import Revision
from churn_operator.decide.rollout_plan import plan_rollout
from churn_operator.decide.state import classify
from churn_operator.decide.status import next_status
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.write_result import WriteResult
from support.observations import (
    deployed,
    distributed,
    members,
    model,
    observed,
    problem,
    revision,
    served,
    target,
)

SPEC = {"serving": {"placement": "Distributed"}}
BAD = PodFailure(Reason.CRASHING, "server of telco-xgboost ended 3 times")
FAILING = Deployed("any", False, True, 0, BAD)
UP, STARTING = members(1), members(0)
ONE, TWO = distributed("1"), distributed("2")
OLD = revision("1")
"""Colocated."""


def _stable(one: Revision) -> ChurnModelStatus:
    return ChurnModelStatus(stable=served("1").model_copy(update={"revision": one.identifier}))


def _deployed(one: Revision, ready: bool = True) -> Deployed:
    return replace(deployed(one.version, ready), revision=one.identifier)


def _observed(
    wanted: str = "1",
    template: Revision | None = None,
    answering: tuple[Revision, ...] = (),
    status: ChurnModelStatus | None = None,
    **changes: object,
) -> Observed:
    """Distributed versions; the Deployment's template names one revision, and pods of others may be left."""
    known = {one.identifier: one for one in (OLD, ONE, TWO)}
    found = observed(
        model=model(SPEC, status),
        target=target(wanted),
        revisions=known,
        deployed=_deployed(template) if template else None,
        answering=frozenset(one.identifier for one in (*answering, *([template] if template else []))),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "serving", "member_sets", "kept"),
    [
        pytest.param(_observed(), None, (ONE,), {ONE}, id="first: members alone"),
        pytest.param(
            _observed(members={ONE.identifier: STARTING}), None, (ONE,), {ONE}, id="members are starting: no pod yet"
        ),
        pytest.param(_observed(members={ONE.identifier: UP}), ONE, (ONE,), {ONE}, id="members are up: serving pods"),
        pytest.param(
            _observed("2", ONE, members={ONE.identifier: UP}, status=_stable(ONE)),
            ONE,
            (ONE, TWO),
            {ONE, TWO},
            id="a new version's members come up beside the old ones",
        ),
        pytest.param(
            _observed("2", ONE, members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (ONE, TWO),
            {ONE, TWO},
            id="then the serving pods move",
        ),
        pytest.param(
            _observed("2", TWO, (ONE,), members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (ONE, TWO),
            {ONE, TWO},
            id="an old serving pod is left: its members stay",
        ),
        pytest.param(
            _observed("2", TWO, members={ONE.identifier: UP, TWO.identifier: UP}, status=_stable(ONE)),
            TWO,
            (TWO,),
            {TWO},
            id="no old serving pod is left: its members go",
        ),
        pytest.param(
            _observed("1", ONE, members={ONE.identifier: members(1, xgboost=None)}, status=_stable(ONE)),
            ONE,
            (ONE,),
            {ONE},
            id="a member's Deployment was deleted: it comes back, and serving goes on",
        ),
        pytest.param(
            _observed(template=OLD, status=_stable(OLD)),
            OLD,
            (ONE,),
            {OLD, ONE},
            id="from Colocated: the old pods answer until the members are up",
        ),
        pytest.param(
            _observed(template=ONE, status=_stable(ONE), model=model(None, _stable(ONE)), members={ONE.identifier: UP}),
            OLD,
            (ONE,),
            {OLD, ONE},
            id="to Colocated: at once, and the members stay for the old pods",
        ),
        pytest.param(
            _observed(
                "2", ONE, status=_stable(ONE), members={ONE.identifier: UP, TWO.identifier: members(1, xgboost=FAILING)}
            ),
            ONE,
            (ONE,),
            {ONE},
            id="a new version's member fails: all its members go",
        ),
        pytest.param(
            _observed(target=problem(Reason.REGISTRY_UNREACHABLE), members={ONE.identifier: STARTING}),
            None,
            (ONE,),
            {ONE},
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
            {ONE, TWO},
            id="paused: nothing is removed",
        ),
    ],
)
def test_plan(seen: Observed, serving: Revision | None, member_sets: tuple[Revision, ...], kept: set[Revision]) -> None:
    plan = plan_rollout(seen, classify(seen))
    assert plan.serving == serving
    assert set(plan.members) == set(member_sets)
    assert plan.kept == {one.identifier for one in kept}


@pytest.mark.parametrize(
    ("seen", "state", "reason", "ready"),
    [
        pytest.param(
            _observed(members={ONE.identifier: UP}),
            State.ROLLING_OUT,
            Reason.NOTHING_TO_SERVE,
            "False",
            id="no pod yet",
        ),
        pytest.param(
            _observed(template=ONE, members={ONE.identifier: UP}), State.STABLE, Reason.SERVING, "True", id="serving"
        ),
        pytest.param(
            _observed(template=ONE, members={ONE.identifier: members(1, xgboost=None)}),
            State.ROLLING_OUT,
            Reason.NOTHING_TO_SERVE,
            "False",
            id="never complete: a member is missing",
        ),
        pytest.param(
            _observed(
                template=ONE,
                members={ONE.identifier: members(1, xgboost=Deployed("any", False, True, 0, None))},
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
                members={ONE.identifier: members(1, xgboost=Deployed("any", False, True, 1, None))},
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
            Reason.ROLLING_OUT,
            "False",
            id="a new version's member crashes: rejected",
        ),
        pytest.param(
            _observed(members={ONE.identifier: members(1, xgboost=FAILING)}),
            State.REJECTED,
            Reason.NOTHING_TO_SERVE,
            "False",
            id="the first version's member crashes: nothing to go back to",
        ),
        pytest.param(
            _observed(model=model({"serving": {"placement": "Distributed", "members": {"quorum": 3}}})),
            State.REJECTED,
            Reason.NOTHING_TO_SERVE,
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
            Reason.SERVING,
            "True",
            id="a quorum that there cannot be, while another serves",
        ),
    ],
)
def test_state_and_readiness(seen: Observed, state: State, reason: Reason, ready: str) -> None:
    verdict = classify(seen)
    status = next_status(seen, verdict, WriteResult())
    condition = next(one for one in status.conditions if one.type == ConditionType.READY)
    assert (status.state, condition.reason, condition.status) == (state, reason, ready)


def test_a_missing_member_is_named() -> None:
    seen = _observed(template=ONE, members={ONE.identifier: members(1, xgboost=None)}, status=_stable(ONE))
    assert "no ready pod of xgboost" in classify(seen).message


def test_a_member_without_room_is_named_and_refuses_nothing() -> None:
    pending = replace(FAILING, failure=None, pending="telco-xgboost-1: no room")
    seen = _observed("2", ONE, status=_stable(ONE), members={TWO.identifier: members(1, xgboost=pending)})
    verdict = classify(seen)
    assert (verdict.state, verdict.reason) == (State.ROLLING_OUT, Reason.PODS_PENDING)
    assert "member xgboost: telco-xgboost-1: no room" in verdict.message


def test_a_failing_member_is_named_in_the_rejection() -> None:
    seen = _observed("2", ONE, status=_stable(ONE), members={TWO.identifier: members(1, xgboost=FAILING)})
    rejected = next_status(seen, classify(seen), WriteResult()).rejected
    assert rejected is not None
    assert (rejected.version, rejected.reason) == ("2", Reason.CRASHING)
    assert rejected.message == f"member xgboost: {BAD.message}"


@pytest.mark.parametrize("one", [OLD, ONE, distributed("2", quorum=2)], ids=["colocated", "distributed", "quorum"])
def test_a_revision_is_read_back_from_its_record(one: Revision) -> None:
    assert Revision.from_data(one.to_data()) == one
    assert Revision.from_data(one.to_data()).identifier == one.identifier


def test_a_record_from_before_members_were_kept_keeps_its_name() -> None:
    older = replace(OLD, members=())
    assert "members" not in older.to_data()
    assert Revision.from_data(older.to_data()) == older


def test_replicas_of_members_are_not_part_of_a_revision() -> None:
    seen = _observed(template=ONE, members={ONE.identifier: UP}, status=_stable(ONE))
    scaled = replace(
        seen, model=model({"serving": {"placement": "Distributed", "members": {"replicas": 3}}}, _stable(ONE))
    )
    assert classify(scaled).state is State.STABLE
