"""A ChurnModel with `training` and no version: one Job makes it; the fake kubelet ends the Job."""

import pytest
from churn_models.names import CHALLENGER, CHAMPION
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.fake_status import JobEnd
from support.integration_rig import Rig
from support.kube_client import Object

TRAINING: Object = {
    "dataset": "postgresql://db.example/churn/customers",
    "ensemble": "telco",
    "credentialsSecret": "customers-db",
}


def test_one_resource_goes_from_data_to_a_served_model(rig: Rig, namespace: str, name: str) -> None:
    rig.kubelet.end_jobs(namespace, name, lambda job: _published(rig, name))
    model = rig.create(namespace, name, training=TRAINING)
    eventually(lambda: model.children("Job"), SETTLE_SECONDS)
    model.wait_ready()
    eventually(lambda: rig.mlflow.alias(name, CHAMPION) == "1", SETTLE_SECONDS)
    assert len(model.children("Job")) == 1
    assert model.status()["state"] == "Stable"


def test_credentials_are_not_sent_to_a_database_that_is_not_allowed(rig: Rig, namespace: str, name: str) -> None:
    model = rig.create(namespace, name, training={**TRAINING, "dataset": "postgresql://evil.example/churn/customers"})
    eventually(lambda: model.status().get("state") == "TrainingFailed", SETTLE_SECONDS)
    stalled = model.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "DatasetNotAllowed")
    assert "evil.example" in stalled["message"]
    assert not model.children("Job")


def test_while_the_job_runs_the_status_says_so(rig: Rig, namespace: str, name: str) -> None:
    model = rig.create(namespace, name, training=TRAINING)
    eventually(lambda: model.status().get("state") == "Training", SETTLE_SECONDS)
    assert model.condition("Reconciling")["status"] == "True"
    assert model.condition("Ready")["status"] == "False"
    assert not model.children("Deployment")


def test_a_job_whose_pods_are_denied_says_why(rig: Rig, namespace: str, name: str) -> None:
    model = rig.create(namespace, name, training=TRAINING)
    (job,) = eventually(lambda: model.children("Job"), SETTLE_SECONDS)
    refusal = 'Error creating: pods "telco-train" is forbidden: exceeded quota: none, requested: pods=1'
    _tell_of(rig, job, "SuccessfulCreate", "Created pod: telco-train-1", "2026-11-27T10:00:02Z")
    _tell_of(rig, job, "FailedCreate", "Error creating: an older reason", "2026-11-27T10:00:00Z")
    _tell_of(rig, job, "FailedCreate", refusal, "2026-11-27T10:00:01Z")
    # The operator may look while only the older ones are told of.
    told = f"training waits for the cluster: {refusal}"
    eventually(lambda: model.condition("Reconciling").get("message") == told, SETTLE_SECONDS)
    assert model.condition("Reconciling")["reason"] == "PodsPending"
    assert model.status()["state"] == "Training"


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (JobEnd(False, message="Job has reached the specified backoff limit"), "backoff limit"),
        (JobEnd(True), "no version"),
    ],
    ids=["the Job fails", "the Job ends without a version"],
)
def test_a_training_without_a_version_is_told(rig: Rig, namespace: str, name: str, end: JobEnd, says: str) -> None:
    rig.kubelet.end_jobs(namespace, name, lambda job: end)
    model = rig.create(namespace, name, training=TRAINING)
    eventually(lambda: model.status().get("state") == "TrainingFailed", SETTLE_SECONDS)
    assert says in model.condition("Stalled")["message"]
    assert len(model.children("Job")) == 1


def test_changed_training_is_tried_again(rig: Rig, namespace: str, name: str) -> None:
    rig.kubelet.end_jobs(namespace, name, lambda job: JobEnd(False, message="no such table"))
    model = rig.create(namespace, name, training=TRAINING)
    eventually(lambda: model.status().get("state") == "TrainingFailed", SETTLE_SECONDS)
    rig.kubelet.end_jobs(namespace, name, lambda job: _published(rig, name))
    _retrain(model)
    model.wait_ready()


def test_a_model_that_has_a_version_is_not_trained(rig: Rig, namespace: str, name: str) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, training=TRAINING)
    model.wait_ready()
    assert not model.children("Job")


def _retrain(model: ChurnModelHandle) -> None:
    model.change(training={"seed": 1})


def _published(rig: Rig, model: str) -> JobEnd:
    if rig.mlflow.alias(model, CHALLENGER) is None:
        rig.mlflow.set_alias(rig.mlflow.register(model), CHALLENGER)
    return JobEnd(True)


def _tell_of(rig: Rig, job: Object, reason: str, message: str, moment: str) -> None:
    """An Event as the Job controller writes it; there is none here."""
    metadata = job["metadata"]
    about = {"kind": "Job", "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
    event = {
        "metadata": {"generateName": f"{metadata['name']}."},
        "involvedObject": about,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": moment,
    }
    rig.kube.create(f"/api/v1/namespaces/{metadata['namespace']}/events", event)
