"""Classification: each rule by its case, and the order of the chain by cases in which several would match."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.decide.actions import Keep, Train
from churn_operator.decide.facts import same
from churn_operator.decide.observed import Observed
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.training import TrainingJob
from support.observations import deployed, model, observed, problem, revision, scaling, served, target, verdict_of

BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
TRAINING = {"training": {"dataset": "postgresql://db/churn/telco", "ensemble": "telco"}}
WITH_CREDENTIALS = {"training": {**TRAINING["training"], "credentialsSecret": "crm"}}
STABLE_1 = ChurnModelStatus(stable=served("1"))
REJECTED_2 = ChurnModelStatus(stable=served("1"), rejected=served("2", Reason.BUNDLE_REJECTED))
NO_ROOM = replace(deployed("2", False), pending="telco-1: 0/1 nodes are available: 1 Insufficient memory.")
NO_POD = TrainingJob(False, False, "", has_no_pod=True)
NO_VERSION = problem(Reason.VERSION_NOT_FOUND)
DOWN = problem(Reason.REGISTRY_UNREACHABLE)


@pytest.mark.parametrize(
    ("seen", "state", "reason", "run"),
    [
        pytest.param(observed(), State.ROLLING_OUT, Reason.ROLLING_OUT, "1", id="first version, nothing there"),
        pytest.param(
            observed(deployed=deployed("1", False)),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "1",
            id="starting",
        ),
        pytest.param(observed(deployed=deployed("1")), State.STABLE, Reason.SETTLED, "1", id="all pods ready"),
        pytest.param(
            observed(deployed=scaling("1", 2), model=model(status=STABLE_1)),
            State.STABLE,
            Reason.SETTLED,
            "1",
            id="scaling the stable version is no rollout",
        ),
        pytest.param(
            observed(deployed=scaling("1", 0), model=model(status=STABLE_1)),
            State.DEGRADED,
            Reason.PODS_NOT_READY,
            "1",
            id="no pod of the stable version is ready",
        ),
        pytest.param(
            observed(deployed=scaling("1", 1)),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "1",
            id="the first rollout waits for all pods",
        ),
        pytest.param(
            observed(target=target("2"), deployed=deployed("1"), model=model(status=STABLE_1)),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "2",
            id="a new version is wanted",
        ),
        pytest.param(
            observed(target=target("2"), deployed=deployed("2", False, BAD), model=model(status=STABLE_1)),
            State.REJECTED,
            Reason.BUNDLE_REJECTED,
            "1",
            id="the new version fails: back to the last good one",
        ),
        pytest.param(
            observed(target=target("2"), deployed=deployed("1"), model=model(status=REJECTED_2)),
            State.REJECTED,
            Reason.BUNDLE_REJECTED,
            "1",
            id="it stays rejected",
        ),
        pytest.param(
            observed(target=target("3"), deployed=deployed("1"), model=model(status=REJECTED_2)),
            State.ROLLING_OUT,
            Reason.ROLLING_OUT,
            "3",
            id="a version after the rejected one is tried",
        ),
        pytest.param(
            observed(deployed=deployed("1", False, BAD)),
            State.REJECTED,
            Reason.BUNDLE_REJECTED,
            "1",
            id="the first version fails: there is nothing to go back to",
        ),
        pytest.param(
            observed(deployed=deployed("1", True, BAD), model=model(status=STABLE_1)),
            State.STABLE,
            Reason.SETTLED,
            "1",
            id="one pod of a serving version fails: not the version's fault",
        ),
        pytest.param(
            observed(deployed=replace(scaling("1", 0), failure=BAD), model=model(status=STABLE_1)),
            State.DEGRADED,
            Reason.BUNDLE_REJECTED,
            "1",
            id="all pods of a version that has served fail: it is not rejected, and the reason is told",
        ),
        pytest.param(
            observed(target=target("2"), deployed=NO_ROOM, model=model(status=STABLE_1)),
            State.ROLLING_OUT,
            Reason.PODS_PENDING,
            "2",
            id="the cluster has no room: the version is not rejected",
        ),
        pytest.param(
            observed(target=target("2"), deployed=replace(NO_ROOM, failure=BAD), model=model(status=STABLE_1)),
            State.REJECTED,
            Reason.BUNDLE_REJECTED,
            "1",
            id="no room for one pod, and another one finds the bundle bad",
        ),
        pytest.param(
            observed(target=DOWN, deployed=deployed("1"), model=model(status=STABLE_1)),
            State.STABLE,
            Reason.REGISTRY_UNREACHABLE,
            "1",
            id="MLflow is down: what runs goes on",
        ),
        pytest.param(
            observed(target=DOWN, deployed=deployed("1", False)),
            State.ROLLING_OUT,
            Reason.REGISTRY_UNREACHABLE,
            "1",
            id="MLflow is down during a rollout",
        ),
        pytest.param(observed(target=DOWN), State.WAITING, Reason.REGISTRY_UNREACHABLE, None, id="down from the start"),
        pytest.param(
            observed(target=DOWN, model=model(status=STABLE_1)),
            State.ROLLING_OUT,
            Reason.REGISTRY_UNREACHABLE,
            "1",
            id="the Deployment was deleted while MLflow is down: the recorded revision comes back",
        ),
        pytest.param(
            observed(target=problem(Reason.DIGEST_MISMATCH), deployed=deployed("1"), model=model(status=STABLE_1)),
            State.REJECTED,
            Reason.DIGEST_MISMATCH,
            "1",
            id="the digest is not the one in the spec",
        ),
        pytest.param(observed(target=NO_VERSION), State.WAITING, Reason.VERSION_NOT_FOUND, None, id="no version"),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING)), State.TRAINING, Reason.TRAINING, None, id="train one"
        ),
        pytest.param(
            observed(
                target=NO_VERSION,
                model=model(TRAINING),
                training=TrainingJob(False, False, "", 'train: CreateContainerConfigError: secret "db" not found'),
            ),
            State.TRAINING,
            Reason.PODS_PENDING,
            None,
            id="the Job's pod cannot start",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING), training=TrainingJob(True, True, "exit 3")),
            State.TRAINING_FAILED,
            Reason.TRAINING_FAILED,
            None,
            id="the Job failed",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING), training=TrainingJob(True, False, "")),
            State.TRAINING_FAILED,
            Reason.TRAINING_FAILED,
            None,
            id="the Job ended without a version",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(WITH_CREDENTIALS), credential_hosts=("db",)),
            State.TRAINING,
            Reason.TRAINING,
            None,
            id="credentials go to a database that is allowed",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING, STABLE_1), deployed=deployed("1")),
            State.STABLE,
            Reason.VERSION_NOT_FOUND,
            "1",
            id="the alias vanished: no training, what runs goes on",
        ),
        pytest.param(
            observed(target=target("2"), model=model({"paused": True}, STABLE_1), deployed=deployed("1")),
            State.PAUSED,
            Reason.PAUSED,
            "1",
            id="paused: a new version waits",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model({**TRAINING, "paused": True})),
            State.PAUSED,
            Reason.PAUSED,
            None,
            id="paused: no training",
        ),
    ],
)
def test_classification(seen: Observed, state: State, reason: Reason, run: str | None) -> None:
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (state, reason)
    assert same(verdict.action.run, revision(run)) if run else verdict.action.run is None
    assert isinstance(verdict.action, Train) is (state in (State.TRAINING, State.TRAINING_FAILED))


def test_a_changed_configuration_is_another_revision() -> None:
    resources = {"serving": {"resources": {"memory": "2Gi"}}}
    verdict = verdict_of(observed(deployed=deployed("1"), model=model(resources, STABLE_1)))
    assert verdict.state is State.ROLLING_OUT
    assert verdict.action.run is not None
    assert verdict.action.run.identifier != revision("1").identifier


def test_scaling_is_not_another_revision() -> None:
    assert verdict_of(observed(deployed=deployed("1"), model=model({"serving": {"replicas": 5}}))).state is State.STABLE


@pytest.mark.parametrize(
    ("seen", "seconds"),
    [
        pytest.param(observed(deployed=deployed("1", False)), None, id="a rollout in time"),
        pytest.param(observed(deployed=replace(deployed("1", False), seconds_left=42.0)), 43.0, id="a late rollout"),
        pytest.param(observed(deployed=replace(deployed("1"), seconds_left=42.0)), None, id="it was late, and settled"),
        pytest.param(observed(target=NO_VERSION, model=model(TRAINING)), None, id="the Job is about to be made"),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING), training=TrainingJob(False, False, "")),
            None,
            id="training runs",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING), training=replace(NO_POD, age=1.0)),
            5.0,
            id="the Job has no pod",
        ),
        pytest.param(
            observed(target=NO_VERSION, model=model(TRAINING), training=replace(NO_POD, age=300.0)),
            30.0,
            id="the Job has had none for long",
        ),
    ],
)
def test_what_no_watch_tells_is_looked_at_again_ever_more_rarely(seen: Observed, seconds: float | None) -> None:
    assert verdict_of(seen).look_again == seconds


@pytest.mark.parametrize("serves", [None, "1"], ids=["nothing serves", "another configuration serves"])
def test_no_server_logs_in_to_a_state_store_that_is_not_allowed_and_what_runs_goes_on(serves: str | None) -> None:
    locked = {"serving": {"state": {"url": "redis://states.crm", "credentialsSecret": "states"}}}
    status = STABLE_1 if serves else ChurnModelStatus()
    seen = observed(deployed=deployed(serves) if serves else None, model=model(locked, status))
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (State.REJECTED, Reason.STATE_STORE_NOT_ALLOWED)
    assert "spec.serving.state sends credentials to states.crm," in verdict.message
    assert (verdict.action.run.identifier if verdict.action.run else None) == (
        revision("1").identifier if serves else None
    )
    assert verdict_of(replace(seen, credential_hosts=("*.crm",))).state is State.ROLLING_OUT


def test_servers_go_on_whose_state_store_has_left_the_list_and_it_is_told() -> None:
    asked = model({"serving": {"state": {"url": "redis://states.crm", "credentialsSecret": "states"}}}, STABLE_1)
    one = revision("1")
    locked = replace(one, configuration=replace(one.configuration, state=asked.spec.serving.state))
    seen = observed(deployed=deployed("1"), model=asked, records={one.identifier: locked})
    verdict = verdict_of(seen)
    assert verdict.reason is Reason.STATE_STORE_NOT_ALLOWED
    assert isinstance(verdict.action, Keep)
    assert same(verdict.action.run, locked)
    assert verdict_of(replace(seen, credential_hosts=("states.crm",))).state is State.STABLE


def test_credentials_for_a_database_that_is_not_allowed_make_no_job_and_the_database_is_named() -> None:
    seen = observed(target=NO_VERSION, model=model(WITH_CREDENTIALS), credential_hosts=("crm.example",))
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (State.TRAINING_FAILED, Reason.DATASET_NOT_ALLOWED)
    assert not isinstance(verdict.action, Train)
    assert "sends credentials to db," in verdict.message
    assert "crm.example" in verdict.message


def test_a_job_that_has_just_ended_has_not_failed_before_mlflow_is_asked() -> None:
    job = TrainingJob(True, False, "", ended=2.0, awaits_mlflow=True)
    verdict = verdict_of(observed(target=NO_VERSION, model=model(TRAINING), training=job))
    assert (verdict.state, verdict.look_again) == (State.TRAINING, 5.0)
    failed = observed(target=NO_VERSION, model=model(TRAINING), training=replace(job, failed=True))
    assert verdict_of(failed).state is State.TRAINING_FAILED
