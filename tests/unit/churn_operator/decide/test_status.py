"""The status that follows: Ready only when the stable digest answers, times that move only with their facts."""

from typing import Any

import pytest
from churn_operator.api.churn_model import UnreadableModel, parse_churn_model
from churn_operator.api.status import ChurnModelStatus, Condition, ConditionType, Decision, Reason, State
from churn_operator.decide.observed import Observed
from churn_operator.decide.status import blocked_status, unreadable_status
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import BEFORE, NOW, after, deployed, model, observed, problem, served, status_of, target
from support.written_state import as_body

STABLE_1 = ChurnModelStatus(stable=served("1"))
FORBIDDEN = Denial(Reason.FORBIDDEN, 'User "operator" cannot patch resource "services"')
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
ALWAYS_TOLD = set(ConditionType) - {ConditionType.BATCH_SUCCEEDED, ConditionType.STREAM_READY}


def _condition(status: ChurnModelStatus, kind: ConditionType) -> Condition:
    return next(condition for condition in status.conditions if condition.type == kind)


@pytest.mark.parametrize(
    ("seen", "ready", "reason", "stable"),
    [
        pytest.param(observed(), "False", Reason.ROLLING_OUT, None, id="nothing yet"),
        pytest.param(observed(deployed=deployed("1", False)), "False", Reason.ROLLING_OUT, None, id="starting"),
        pytest.param(observed(deployed=deployed("1")), "True", Reason.SERVING, "1", id="serving"),
        pytest.param(
            observed(target=target("2"), deployed=deployed("2", False), model=model(status=STABLE_1)),
            "False",
            Reason.ROLLING_OUT,
            "1",
            id="mixed pods during a rollout",
        ),
        pytest.param(
            observed(target=target("2"), deployed=deployed("1"), model=model(status=STABLE_1)),
            "False",
            Reason.ROLLING_OUT,
            "1",
            id="a new version is wanted but not applied yet",
        ),
        pytest.param(
            observed(target=target("2"), deployed=deployed("2"), model=model(status=STABLE_1)),
            "True",
            Reason.SERVING,
            "2",
            id="the new version serves",
        ),
        pytest.param(
            observed(
                target=target("2"),
                deployed=deployed("1"),
                model=model(status=STABLE_1.model_copy(update={"rejected": served("2", Reason.BUNDLE_REJECTED)})),
            ),
            "False",
            Reason.BUNDLE_REJECTED,
            "1",
            id="the new version was rejected, the old one answers",
        ),
        pytest.param(
            observed(target=problem(Reason.REGISTRY_UNREACHABLE), deployed=deployed("1"), model=model(status=STABLE_1)),
            "True",
            Reason.SERVING,
            "1",
            id="MLflow is down, the pods answer",
        ),
    ],
)
def test_ready(seen: Observed, ready: str, reason: Reason, stable: str | None) -> None:
    status = status_of(seen)
    condition = _condition(status, ConditionType.READY)
    assert (condition.status, condition.reason) == (ready, reason)
    assert (status.stable.version if status.stable else None) == stable
    assert (status.endpoint is not None) is (stable is not None)


def test_a_promotion_keeps_the_previous_one_and_is_told_once() -> None:
    seen = observed(target=target("2"), deployed=deployed("2"), model=model(status=STABLE_1))
    status = status_of(seen)
    assert status.stable is not None and status.stable.since == NOW
    assert status.previous == served("1")
    assert [decision.action for decision in status.history] == ["Promoted"]
    again = status_of(after(seen))
    assert (again.stable, again.previous, again.history) == (status.stable, status.previous, status.history)
    assert status_of(after(after(seen))) == again


def test_a_rejection_names_its_reason_and_is_told_once() -> None:
    seen = observed(target=target("2"), deployed=deployed("2", False, BAD), model=model(status=STABLE_1))
    status = status_of(seen)
    assert status.state == State.REJECTED
    assert status.rejected is not None
    assert (status.rejected.version, status.rejected.reason) == ("2", Reason.BUNDLE_REJECTED)
    assert [decision.action for decision in status.history] == ["RolledBack", "Rejected"]
    assert _condition(status, ConditionType.STALLED).reason == Reason.BUNDLE_REJECTED
    settled = status_of(after(seen, deployed=deployed("1")))
    assert settled.history == status.history
    assert _condition(settled, ConditionType.AVAILABLE).status == "True"
    assert _condition(settled, ConditionType.READY).status == "False"


def test_what_an_older_operator_told_stays_below_what_the_audit_chain_tells() -> None:
    told = Decision(time=BEFORE, action="Promoted", version="1", message="every pod serves it")
    old = STABLE_1.model_copy(update={"history": [told]})
    status = status_of(observed(target=target("2"), deployed=deployed("2"), model=model(status=old)))
    assert [(one.action, one.version) for one in status.history] == [("Promoted", "2"), ("Promoted", "1")]


def test_a_lost_history_comes_back_from_the_audit_chain() -> None:
    seen = after(observed(target=target("2"), deployed=deployed("2"), model=model(status=STABLE_1)))
    lost = observed(**{**vars(seen), "model": model()})
    assert status_of(lost).history == seen.model.status.history != []


def test_the_same_facts_give_the_same_status_later() -> None:
    seen = after(observed(deployed=deployed("1")))
    assert status_of(after(seen, now="2027-01-01T00:00:00Z")) == status_of(seen)


def test_a_transition_time_moves_with_the_status_alone() -> None:
    old = Condition(
        type="Ready",
        status="True",
        reason="Other",
        message="other",
        last_transition_time=BEFORE,
        observed_generation=1,
    )
    status = status_of(observed(deployed=deployed("1"), model=model(status=ChurnModelStatus(conditions=[old]))))
    condition = _condition(status, ConditionType.READY)
    assert (condition.last_transition_time, condition.reason) == (BEFORE, Reason.SERVING)
    assert condition.observed_generation == 3


def test_a_name_conflict_is_named() -> None:
    condition = _condition(status_of(observed(), WriteResult(("Service/telco",))), ConditionType.CHILDREN_OWNED)
    assert (condition.status, condition.reason) == ("False", Reason.NAME_CONFLICT)
    assert "Service/telco" in condition.message


def test_every_type_of_condition_is_told() -> None:
    assert {condition.type for condition in status_of(observed()).conditions} == ALWAYS_TOLD


def test_a_denied_child_is_told_while_the_old_revision_serves() -> None:
    seen = observed(target=target("2"), deployed=deployed("1"), model=model(status=STABLE_1))
    status = status_of(seen, WriteResult(denied=FORBIDDEN))
    assert status.state == State.BLOCKED
    assert status.stable == served("1")
    for kind, expected in ((ConditionType.SYNCED, "False"), (ConditionType.STALLED, "True")):
        condition = _condition(status, kind)
        assert (condition.status, condition.reason) == (expected, Reason.FORBIDDEN)
        assert condition.message == FORBIDDEN.message
    assert _condition(status_of(seen), ConditionType.SYNCED).status == "True"


def test_a_denial_leaves_a_serving_model_available_but_not_ready() -> None:
    status = status_of(observed(deployed=deployed("1")), WriteResult(denied=FORBIDDEN))
    assert _condition(status, ConditionType.AVAILABLE).status == "True"
    assert _condition(status, ConditionType.READY).status == "False"


def test_without_the_right_to_read_nobody_knows_whether_it_is_ready() -> None:
    before = status_of(observed(deployed=deployed("1"))).model_copy(update={"observed_generation": 2})
    later = "2027-01-01T00:00:00Z"
    status = blocked_status(model(status=before), FORBIDDEN, later)
    assert (status.state, status.stable) == (State.BLOCKED, before.stable)
    # Else kstatus waits for the new spec to be seen, for as long as nothing can be read.
    assert status.observed_generation == 3
    assert {condition.type for condition in status.conditions} == ALWAYS_TOLD
    ready = _condition(status, ConditionType.READY)
    assert (ready.status, ready.reason, ready.last_transition_time) == ("Unknown", Reason.FORBIDDEN, later)
    verified = ConditionType.ARTIFACT_VERIFIED
    assert _condition(status, verified) == _condition(before, verified)
    assert blocked_status(model(status=status), FORBIDDEN, "2028-01-01T00:00:00Z") == status
    assert (
        _condition(status_of(observed(deployed=deployed("1"), model=model(status=status))), ConditionType.READY).status
        == "True"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"model": {"name": 5}}, "model.name: ", id="a name that is none"),
        pytest.param({"paused": True}, "spec: Field required", id="no model"),
        pytest.param(None, "spec: Field required", id="no spec"),
    ],
)
def test_a_model_that_cannot_be_read_is_told(spec: dict[str, Any] | None, message: str) -> None:
    before = status_of(observed(deployed=deployed("1")))
    read = parse_churn_model({**as_body(model(), before), "spec": spec})
    assert isinstance(read, UnreadableModel)
    status = unreadable_status(read, NOW)
    stalled = _condition(status, ConditionType.STALLED)
    assert (stalled.status, stalled.reason) == ("True", Reason.SPEC_NOT_UNDERSTOOD)
    assert message in stalled.message
    assert (status.state, status.stable, status.observed_generation) == (State.BLOCKED, before.stable, 3)
    assert _condition(status, ConditionType.READY).status == "Unknown"
    assert _condition(status, ConditionType.SYNCED) == _condition(before, ConditionType.SYNCED)
