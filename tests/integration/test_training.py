"""A ChurnModel with `training` and no version: one Job makes it, after one that searches where the spec asks for that;
the fake kubelet ends the Jobs."""

import pytest
from churn_models.names import CHALLENGER, CHAMPION
from churn_models.search_progress import SearchProgress
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.fake_status import JobEnd
from support.fault_proxy import Moment
from support.integration_rig import Rig
from support.kube_client import Object

TRAINING: Object = {
    "dataset": "postgresql://db.example/churn/customers",
    "ensemble": "telco",
    "credentialsSecret": "customers-db",
}
SEARCHED: Object = {**TRAINING, "search": {"trials": 40, "workers": 3}}


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


def test_a_search_comes_first_and_what_it_found_is_trained(rig: Rig, namespace: str, name: str) -> None:
    found: list[str] = []
    rig.kubelet.end_jobs(namespace, f"{name}-search-", lambda job: JobEnd(True) if found else None)
    rig.kubelet.end_jobs(namespace, f"{name}-train-", lambda job: _published(rig, name))
    model = rig.create(namespace, name, training=SEARCHED)
    (search,) = eventually(lambda: model.children("Job"), SETTLE_SECONDS)
    assert (search["spec"]["completionMode"], search["spec"]["completions"]) == ("Indexed", 3)
    told = eventually(lambda: model.status().get("training", {}).get("search"), SETTLE_SECONDS)
    rig.mlflow.tell_progress(name, SearchProgress(study=f"{told['study']}-abc", trials=7, best=0.84567))
    words = "the search Job tries ensembles: 7 of 40 trials, the best AUC is 0.8457"
    eventually(lambda: model.condition("Reconciling").get("message") == words, SETTLE_SECONDS)
    assert (model.status()["state"], model.condition("Reconciling")["reason"]) == ("Training", "Searching")
    assert model.status()["training"]["search"] == {
        **{"job": search["metadata"]["name"], "study": told["study"], "state": "Running"},
        **{"trials": 7, "of": 40, "best": 0.8457},
    }
    assert len(model.children("Job")) == 1

    found.append(told["study"])
    rig.kubelet.end_jobs(namespace, f"{name}-search-", lambda job: JobEnd(True))
    model.wait_ready()
    _, trained = model.children("Job")
    words_of_training = trained["spec"]["template"]["spec"]["containers"][0]["args"]
    assert words_of_training[words_of_training.index("--study") + 1] == told["study"]
    assert model.status()["training"]["search"]["state"] == "Succeeded"


def test_a_search_that_fails_trains_nothing_and_another_one_goes_on(rig: Rig, namespace: str, name: str) -> None:
    rig.kubelet.end_jobs(namespace, f"{name}-search-", lambda job: JobEnd(False, message="no trial was finished"))
    rig.kubelet.end_jobs(namespace, f"{name}-train-", lambda job: _published(rig, name))
    model = rig.create(namespace, name, training=SEARCHED)
    eventually(lambda: model.status().get("state") == "TrainingFailed", SETTLE_SECONDS)
    stalled = model.condition("Stalled")
    assert (stalled["reason"], stalled["message"]) == ("SearchFailed", "no trial was finished")
    study = model.status()["training"]["search"]["study"]
    rig.kubelet.end_jobs(namespace, f"{name}-search-", lambda job: JobEnd(True))
    model.change(training={"search": {"hours": 2}})
    model.wait_ready()
    assert model.status()["training"]["search"]["study"] == study


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("number", [1, 2], ids=["search", "training"])
def test_a_kill_when_a_job_is_written_leads_to_one_of_each(rig: Rig, number: int, moment: Moment) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.kubelet.end_jobs(namespace, f"{name}-search-", lambda job: JobEnd(True))
    rig.kubelet.end_jobs(namespace, f"{name}-train-", lambda job: _published(rig, name))
    with rig.operator([namespace]) as operator:
        operator.proxy.kill_on_write(number, moment, lambda: operator.process.pid, "/jobs/")
        model = rig.create(namespace, name, training=SEARCHED)
        eventually(lambda: not operator.proxy.kill_pending, SETTLE_SECONDS)
        operator.process.wait(SETTLE_SECONDS)
        operator.process.start()
        model.wait_ready()
        made = [job["metadata"]["name"].split("-")[1] for job in model.children("Job")]
        model.remove()
    assert made == ["search", "train"]


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
