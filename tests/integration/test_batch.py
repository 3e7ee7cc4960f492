"""A ChurnModel with `batch`: a CronJob that scores by the stable version, suspended by a pause, gone with the field."""

from collections.abc import Iterator

import pytest
from support.batch_spec import BATCH
from support.churn_model_handle import COLLECTIONS, SETTLE_SECONDS, ChurnModelHandle
from support.denying_policy import DenyingPolicy
from support.eventually import eventually
from support.fake_status import JobEnd
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object, Refused

_AT_FOUR = "0 4 * * *"
_WORDS = "nothing runs at four"


@pytest.fixture
def model(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, batch=BATCH)
    model.wait_ready()
    eventually(lambda: model.children("CronJob"), SETTLE_SECONDS)
    return model


def _cron_job(model: ChurnModelHandle) -> Object:
    (found,) = model.children("CronJob")
    return found


def _is_denied(rig: Rig, model: ChurnModelHandle, policy: DenyingPolicy) -> bool:
    """A policy is in force a moment after it was made; until then the operator puts the schedule back."""
    path = f"/apis/batch/v1/namespaces/{model.namespace}/cronjobs/{model.name}-batch"
    try:
        rig.kube.merge(path, {"spec": {"schedule": _AT_FOUR}})
    except Refused as error:
        return policy.words in error.message
    return False


def _digest(model: ChurnModelHandle) -> str:
    template = _cron_job(model)["spec"]["jobTemplate"]["spec"]["template"]
    return str(template["metadata"]["annotations"]["churnserve.dev/digest"])


def test_it_scores_by_the_stable_version(rig: Rig, model: ChurnModelHandle) -> None:
    assert _digest(model) == model.status()["stable"]["digest"]
    first = _digest(model)
    rig.roll_out(model)
    eventually(lambda: _digest(model) != first, SETTLE_SECONDS)
    model.wait_ready()
    assert _digest(model) == model.status()["stable"]["digest"]


def test_before_there_is_a_version_nothing_is_scored(rig: Rig, namespace: str, name: str) -> None:
    model = rig.create(namespace, name, batch=BATCH)
    eventually(lambda: model.condition("BatchSucceeded"), SETTLE_SECONDS)
    assert "there is no stable version" in model.condition("BatchSucceeded")["message"]
    assert not model.children("CronJob")


def test_a_pause_suspends_it(model: ChurnModelHandle) -> None:
    model.change(paused=True)
    eventually(lambda: _cron_job(model)["spec"]["suspend"], SETTLE_SECONDS)
    model.change(paused=False)
    eventually(lambda: not _cron_job(model)["spec"]["suspend"], SETTLE_SECONDS)


def test_a_changed_field_changes_it(model: ChurnModelHandle) -> None:
    model.change(batch={"schedule": "@weekly", "parallelism": 1})
    eventually(lambda: _cron_job(model)["spec"]["schedule"] == "@weekly", SETTLE_SECONDS)
    assert _cron_job(model)["spec"]["jobTemplate"]["spec"]["completions"] == 1


def test_it_goes_with_its_field(model: ChurnModelHandle) -> None:
    model.change(batch=None)
    eventually(lambda: not model.children("CronJob"), SETTLE_SECONDS)
    assert [one["metadata"]["name"] for one in model.children("NetworkPolicy")] == [model.name]
    eventually(lambda: not model.condition("BatchSucceeded"), SETTLE_SECONDS)
    assert model.is_ready()


@pytest.fixture
def policy(rig: Rig, model: ChurnModelHandle) -> Iterator[DenyingPolicy]:
    """Of the cluster's administrator: nothing of this model runs at four."""
    expression = f"object.metadata.name != '{model.name}-batch' || object.spec.schedule != '{_AT_FOUR}'"
    policy = DenyingPolicy("nothing-at-four", "batch", "cronjobs", expression, _WORDS)
    policy.impose(rig.kube)
    yield policy
    policy.lift(rig.kube)


def test_a_schedule_that_is_denied_is_told(rig: Rig, model: ChurnModelHandle, policy: DenyingPolicy) -> None:
    eventually(lambda: _is_denied(rig, model, policy), SETTLE_SECONDS)
    model.change(batch={"schedule": _AT_FOUR})
    eventually(lambda: model.condition("BatchSucceeded").get("reason") == "ChangeDenied", SETTLE_SECONDS)
    assert _WORDS in model.condition("BatchSucceeded")["message"]
    assert model.condition("Synced")["status"] == "False"
    assert model.is_ready()
    model.change(serving={"autoscaling": {"minReplicas": 1}, "replicas": None})
    eventually(lambda: model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    model.change(serving={"autoscaling": None, "replicas": 1})
    eventually(lambda: not model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    model.change(batch={"schedule": "@daily"})
    eventually(lambda: model.condition("Synced")["status"] == "True", SETTLE_SECONDS)
    assert model.condition("BatchSucceeded")["reason"] == "BatchNotRun"


def test_a_run_is_told_and_is_no_part_of_ready(rig: Rig, model: ChurnModelHandle) -> None:
    _started(rig, model)
    eventually(lambda: model.status().get("batch", {}).get("state") == "Running", SETTLE_SECONDS)
    late = JobEnd(False, message="Job was active longer than specified deadline")
    rig.kubelet.end_jobs(model.namespace, model.name, lambda job: late)
    eventually(lambda: model.condition("BatchSucceeded").get("status") == "False", SETTLE_SECONDS)
    told = model.status()["batch"]
    assert (told["run"], told["state"], told["pods"]) == (f"{model.name}-by-hand", "Failed", 3)
    assert told["digest"] == model.status()["stable"]["digest"]
    assert "deadline" in model.condition("BatchSucceeded")["message"]
    assert model.is_ready()


def test_runs_are_not_the_operators_to_remove(rig: Rig, operator: RunningOperator, model: ChurnModelHandle) -> None:
    job = _started(rig, model)
    eventually(lambda: model.status().get("batch"), SETTLE_SECONDS)
    model.nudge()
    eventually(lambda: operator.proxy.quiet_for(2.0), SETTLE_SECONDS)
    assert rig.kube.get(job)["metadata"]["name"] == f"{model.name}-by-hand"


def _started(rig: Rig, model: ChurnModelHandle) -> str:
    """A Job of the CronJob, as its controller makes it; there is none here."""
    cron_job = _cron_job(model)
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job["metadata"]["name"], "controller": True}
    template = cron_job["spec"]["jobTemplate"]
    metadata = {
        "name": f"{model.name}-by-hand",
        "labels": template["metadata"]["labels"],
        "ownerReferences": [{**owner, "uid": cron_job["metadata"]["uid"]}],
    }
    path = COLLECTIONS["Job"].format(model.namespace)
    rig.kube.create(path, {"metadata": metadata, "spec": template["spec"]})
    return f"{path}/{model.name}-by-hand"
