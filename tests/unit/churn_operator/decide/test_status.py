"""The status that follows: Ready only when the stable digest answers, times that move only with their facts."""

import pytest
from churn_operator.api.status import ChurnModelStatus, Condition, ConditionType, Reason, State
from churn_operator.decide.observed import Observed
from churn_operator.decide.state import classify
from churn_operator.decide.status import blocked_status, next_status
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import BEFORE, NOW, deployed, model, observed, problem, served, target

STABLE_1 = ChurnModelStatus(stable=served("1"))
FORBIDDEN = Denial(Reason.FORBIDDEN, 'User "operator" cannot patch resource "services"')
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")


def _status(seen: Observed, applied: WriteResult | None = None) -> ChurnModelStatus:
    return next_status(seen, classify(seen), applied or WriteResult())


def _condition(status: ChurnModelStatus, kind: ConditionType) -> Condition:
    return next(condition for condition in status.conditions if condition.type == kind)


@pytest.mark.parametrize(
    ("seen", "ready", "reason", "stable"),
    [
        pytest.param(observed(), "False", Reason.NOTHING_TO_SERVE, None, id="nothing yet"),
        pytest.param(observed(deployed=deployed("1", False)), "False", Reason.NOTHING_TO_SERVE, None, id="starting"),
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
            "True",
            Reason.SERVING,
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
    status = _status(seen)
    condition = _condition(status, ConditionType.READY)
    assert (condition.status, condition.reason) == (ready, reason)
    assert (status.stable.version if status.stable else None) == stable
    assert (status.endpoint is not None) is (stable is not None)


def test_a_promotion_keeps_the_previous_one_and_is_told_once() -> None:
    seen = observed(target=target("2"), deployed=deployed("2"), model=model(status=STABLE_1))
    status = _status(seen)
    assert status.stable is not None and status.stable.since == NOW
    assert status.previous == served("1")
    assert [decision.action for decision in status.history] == ["Promoted"]
    again = _status(observed(target=target("2"), deployed=deployed("2"), model=model(status=status)))
    assert again == status


def test_a_rejection_names_its_reason_and_is_told_once() -> None:
    seen = observed(target=target("2"), deployed=deployed("2", False, BAD), model=model(status=STABLE_1))
    status = _status(seen)
    assert status.state is State.REJECTED
    assert status.rejected is not None
    assert (status.rejected.version, status.rejected.reason) == ("2", Reason.BUNDLE_REJECTED)
    assert [decision.action for decision in status.history] == ["Rejected"]
    assert _condition(status, ConditionType.PROGRESSING).reason == Reason.BUNDLE_REJECTED
    settled = _status(observed(target=target("2"), deployed=deployed("1"), model=model(status=status)))
    assert len(settled.history) == 1
    assert _condition(settled, ConditionType.READY).status == "True"


def test_the_same_facts_give_the_same_status_later() -> None:
    first = _status(observed(deployed=deployed("1")))
    later = _status(observed(deployed=deployed("1"), model=model(status=first), now="2027-01-01T00:00:00Z"))
    assert later == first


def test_a_transition_time_moves_with_the_status_alone() -> None:
    old = Condition(
        type="Ready",
        status="True",
        reason="Other",
        message="other",
        last_transition_time=BEFORE,
        observed_generation=1,
    )
    status = _status(observed(deployed=deployed("1"), model=model(status=ChurnModelStatus(conditions=[old]))))
    condition = _condition(status, ConditionType.READY)
    assert (condition.last_transition_time, condition.reason) == (BEFORE, Reason.SERVING)
    assert condition.observed_generation == 3


def test_a_name_conflict_is_named() -> None:
    condition = _condition(_status(observed(), WriteResult(("Service/telco",))), ConditionType.CHILDREN_OWNED)
    assert (condition.status, condition.reason) == ("False", Reason.NAME_CONFLICT)
    assert "Service/telco" in condition.message


def test_every_type_of_condition_is_told() -> None:
    assert {condition.type for condition in _status(observed()).conditions} == set(ConditionType)


def test_a_denied_child_is_told_while_the_old_revision_serves() -> None:
    seen = observed(target=target("2"), deployed=deployed("1"), model=model(status=STABLE_1))
    status = _status(seen, WriteResult(denied=FORBIDDEN))
    assert status.state is State.BLOCKED
    assert status.stable == served("1")
    for kind in (ConditionType.SYNCED, ConditionType.PROGRESSING):
        condition = _condition(status, kind)
        assert (condition.status, condition.reason) == ("False", Reason.FORBIDDEN)
        assert condition.message == FORBIDDEN.message
    assert _condition(_status(seen), ConditionType.SYNCED).status == "True"


def test_a_denial_does_not_make_a_serving_model_unready() -> None:
    status = _status(observed(deployed=deployed("1")), WriteResult(denied=FORBIDDEN))
    assert _condition(status, ConditionType.READY).status == "True"


def test_without_the_right_to_read_nobody_knows_whether_it_is_ready() -> None:
    before = _status(observed(deployed=deployed("1")))
    later = "2027-01-01T00:00:00Z"
    status = blocked_status(model(status=before), FORBIDDEN, later)
    assert (status.state, status.stable) == (State.BLOCKED, before.stable)
    assert {condition.type for condition in status.conditions} == set(ConditionType)
    ready = _condition(status, ConditionType.READY)
    assert (ready.status, ready.reason, ready.last_transition_time) == ("Unknown", Reason.FORBIDDEN, later)
    verified = ConditionType.ARTIFACT_VERIFIED
    assert _condition(status, verified) == _condition(before, verified)
    assert blocked_status(model(status=status), FORBIDDEN, "2028-01-01T00:00:00Z") == status
    assert (
        _condition(_status(observed(deployed=deployed("1"), model=model(status=status))), ConditionType.READY).status
        == "True"
    )
