"""What tools conclude from the conditions in every state: kubectl wait, Flux, Argo CD."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType, Reason, State
from churn_operator.audit.memory import Memory
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.observed import Observed
from churn_operator.decide.status import blocked_status
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.training import TrainingJob
from churn_operator.observe.write_result import Denial, WriteResult
from support.argocd_health import argocd_health
from support.kstatus import kstatus
from support.observations import (
    deployed,
    model,
    observed,
    problem,
    revision,
    rollout,
    scaling,
    served,
    status_of,
    target,
    trying,
)

STABLE_1 = ChurnModelStatus(stable=served("1"))
TRAINING = {"training": {"dataset": "postgresql://db/churn/telco", "ensemble": "telco"}}
NO_VERSION = problem(Reason.VERSION_NOT_FOUND)
DOWN = problem(Reason.REGISTRY_UNREACHABLE)
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
SERVES = observed(deployed=deployed("1"), model=model(status=STABLE_1))
QUOTA = Denial(Reason.CHANGE_DENIED, "exceeded quota: pods=1")
OK = WriteResult()

TABLE = [
    ("training", observed(target=NO_VERSION, model=model(TRAINING)), OK, State.TRAINING, "False", "InProgress"),
    (
        "training failed",
        observed(target=NO_VERSION, model=model(TRAINING), training=TrainingJob(True, True, "exit 3")),
        OK,
        State.TRAINING_FAILED,
        "False",
        "Failed",
    ),
    ("no version", observed(target=NO_VERSION), OK, State.WAITING, "False", "InProgress"),
    (
        "another version is asked for and MLflow is away",
        observed(
            target=DOWN,
            deployed=deployed("1"),
            model=model({"model": {"name": "telco", "version": "2"}}, STABLE_1),
        ),
        OK,
        State.WAITING,
        "False",
        "InProgress",
    ),
    ("starting", observed(deployed=deployed("1", False)), OK, State.ROLLING_OUT, "False", "InProgress"),
    ("serving", SERVES, OK, State.STABLE, "True", "Current"),
    ("MLflow is away", replace(SERVES, target=DOWN), OK, State.STABLE, "True", "Current"),
    (
        "scaling up",
        observed(deployed=scaling("1", 1), model=model(status=STABLE_1)),
        OK,
        State.STABLE,
        "True",
        "Current",
    ),
    (
        "no pod is ready",
        observed(deployed=scaling("1", 0), model=model(status=STABLE_1)),
        OK,
        State.DEGRADED,
        "False",
        "InProgress",
    ),
    (
        "rejected, on the way back",
        observed(target=target("2"), deployed=deployed("2", False, BAD), model=model(status=STABLE_1)),
        OK,
        State.REJECTED,
        "False",
        "Failed",
    ),
    (
        "rejected, and the stable one serves",
        observed(
            target=target("2"),
            deployed=deployed("1"),
            model=model(status=STABLE_1.model_copy(update={"rejected": served("2", Reason.BUNDLE_REJECTED)})),
        ),
        OK,
        State.REJECTED,
        "False",
        "Failed",
    ),
    (
        "a spec that is not understood",
        observed(model=replace(model(status=STABLE_1), not_understood=("training.ensemble: no text",))),
        OK,
        State.ROLLING_OUT,
        "False",
        "Failed",
    ),
    ("a child is denied", SERVES, WriteResult(denied=QUOTA), State.BLOCKED, "False", "Failed"),
    ("a foreign Service", SERVES, WriteResult(("Service/telco",)), State.BLOCKED, "False", "Failed"),
    ("a foreign Deployment", SERVES, WriteResult(("Deployment/telco",)), State.BLOCKED, "False", "Failed"),
    (
        "a foreign budget",
        SERVES,
        WriteResult(("PodDisruptionBudget/telco",)),
        State.STABLE,
        "True",
        "Current",
    ),
    ("the alias is not written", SERVES, WriteResult(alias_problem="403"), State.STABLE, "True", "Current"),
    (
        "paused",
        observed(deployed=deployed("1"), model=model({"paused": True}, STABLE_1)),
        OK,
        State.PAUSED,
        "True",
        "Current",
    ),
    (
        "the table of a new version spreads",
        trying(Phase.VERIFYING),
        OK,
        State.VERIFYING,
        "False",
        "InProgress",
    ),
    ("a new version is scored beside", trying(Phase.SHADOWING), OK, State.SHADOWING, "False", "InProgress"),
    ("a new version answers a share", trying(Phase.CANARY), OK, State.CANARY, "False", "InProgress"),
    (
        "a challenger that nobody asked for answers a share",
        trying(Phase.CANARY, target=target("1"), memory=Memory(rollout=rollout(Phase.CANARY, by=Wisher.CHALLENGER))),
        OK,
        State.CANARY,
        "True",
        "Current",
    ),
    ("a new version is promoted", trying(Phase.PROMOTING), OK, State.PROMOTING, "False", "InProgress"),
    ("a new version serves, and is compared", trying(Phase.PROBATION), OK, State.PROBATION, "True", "Current"),
    (
        "the version before comes back",
        trying(Phase.ROLLING_BACK, deployed=deployed("1", False)),
        OK,
        State.ROLLING_BACK,
        "False",
        "InProgress",
    ),
    ("nothing good is left", trying(Phase.SAFE_MODE), OK, State.SAFE_MODE, "False", "Failed"),
    (
        "paused in a rollout",
        observed(target=target("2"), deployed=deployed("2", False), model=model({"paused": True}, STABLE_1)),
        OK,
        State.PAUSED,
        "False",
        "InProgress",
    ),
]

ARGOCD = {"InProgress": "Progressing", "Current": "Healthy", "Failed": "Degraded"}
"""What health.lua says beside kstatus, unless the ChurnModel is paused."""


@pytest.mark.parametrize(
    ("seen", "written", "state", "ready", "conclusion"),
    [pytest.param(*case[1:], id=case[0]) for case in TABLE],
)
def test_what_tools_conclude(seen: Observed, written: WriteResult, state: State, ready: str, conclusion: str) -> None:
    status = status_of(seen, written)
    told = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    conditions = {one["type"]: one["status"] for one in told["conditions"]}
    assert (status.state, conditions["Ready"], kstatus(3, told)) == (state, ready, conclusion)
    assert (conditions["Reconciling"], conditions["Stalled"]) != ("True", "True")
    health = ARGOCD[conclusion] if conclusion == "Failed" or state is not State.PAUSED else "Suspended"
    assert argocd_health({"metadata": {"generation": 3}, "status": told})[0] == health


def test_every_state_is_in_the_table() -> None:
    assert {case[3] for case in TABLE} == set(State)


def test_where_nothing_can_be_read_ready_is_unknown_and_it_is_stalled() -> None:
    status = blocked_status(model(status=status_of(SERVES)), QUOTA, "2026-11-23T12:00:00Z")
    conditions = {one.type: one.status for one in status.conditions}
    assert (conditions["Ready"], conditions["Available"], conditions["Stalled"]) == ("Unknown", "Unknown", "True")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.REGISTRY_UNREACHABLE, "Unknown"),
        (Reason.REGISTRY_ERROR, "Unknown"),
        (Reason.DIGEST_MISMATCH, "False"),
        (Reason.VERSION_NOT_FOUND, "False"),
    ],
)
def test_an_mlflow_that_does_not_answer_makes_nothing_unverified(reason: Reason, expected: str) -> None:
    status = status_of(replace(SERVES, target=problem(reason)))
    found = next(one for one in status.conditions if one.type == ConditionType.ARTIFACT_VERIFIED)
    assert found.status == expected


def test_pods_of_the_stable_version_that_fail_are_told_though_others_answer() -> None:
    crash = PodFailure(Reason.CRASHING, "server of telco-7 ended 9 times, last with Killed", 9)
    seen = replace(scaling("1", 1), failure=crash, wanted_pods=10)
    status = status_of(observed(deployed=seen, model=model(status=STABLE_1)))
    found = next(one for one in status.conditions if one.type == ConditionType.AVAILABLE)
    assert (found.status, found.reason) == ("True", Reason.CRASHING)
    assert found.message == f"1 of 10 pods are ready; {crash.message}"


def test_a_bad_image_is_not_told_as_a_bad_version() -> None:
    new = revision("1", image="serving:2")
    crash = PodFailure(Reason.CRASHING, "server of telco-7 ended 3 times, last with Killed", 3)
    seen = observed(
        serving_image="serving:2",
        records={one.identifier: one for one in (revision("1"), new)},
        deployed=replace(deployed("2", False, crash), revision=new.identifier),
        model=model(status=STABLE_1),
    )
    status = status_of(seen)
    assert status.rejected is not None and status.rejected.message is not None
    assert status.rejected.message.startswith("image serving:2: ")
