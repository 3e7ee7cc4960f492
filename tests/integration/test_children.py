"""Children that somebody edits or deletes come back within ten seconds; what is not ours stays as it is."""

from collections.abc import Iterator

import pytest
from support.batch_spec import BATCH
from support.churn_model_handle import COLLECTIONS, ChurnModelHandle
from support.end_state import content
from support.eventually import eventually, seconds_until
from support.figures import record
from support.integration_rig import Rig
from support.kube_client import Object
from support.stream_spec import STREAM

RESTORED_SECONDS = 10
TRAINING: Object = {"dataset": "postgresql://db.example/churn/customers", "ensemble": "telco"}
MODEL_LABEL = "churnserve.dev/model"
UNLABEL: Object = {"metadata": {"labels": {MODEL_LABEL: None}}}

EDITS: dict[str, Object] = {
    "ServiceAccount": {"automountServiceAccountToken": True},
    "ControllerRevision": {"revision": 99},
    "NetworkPolicy": {"spec": {"ingress": []}},
    "Service": {"spec": {"selector": {"churnserve.dev/track": "candidate"}}},
    "Deployment": {"spec": {"template": {"metadata": {"annotations": {"churnserve.dev/digest": "sha256:0"}}}}},
    "HorizontalPodAutoscaler": {"spec": {"maxReplicas": 99}},
    "PodDisruptionBudget": {"spec": {"maxUnavailable": "100%"}},
    "CronJob": {"spec": {"suspend": True}},
    "StatefulSet": {"spec": {"template": {"metadata": {"annotations": {"churnserve.dev/digest": "sha256:0"}}}}},
    "Job": {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}},
}
KINDS = list(EDITS)


@pytest.fixture(scope="module")
def restored() -> Iterator[list[float]]:
    """Seconds of every restoration; the longest is recorded."""
    seconds: list[float] = []
    yield seconds
    if seconds:
        assert record("restored_children_s_max", max(seconds), "s", f"<= {RESTORED_SECONDS}").holds


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"autoscaling": {}}, batch=BATCH, stream=STREAM)
    model.wait_ready()
    return model


@pytest.fixture
def in_training(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    model = rig.create(namespace, f"{name}-training", training=TRAINING)
    eventually(lambda: model.children("Job"), RESTORED_SECONDS)
    return model


def test_every_kind_of_child_is_covered() -> None:
    assert set(KINDS) == set(COLLECTIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_is_restored(
    rig: Rig, served: ChurnModelHandle, in_training: ChurnModelHandle, kind: str, restored: list[float]
) -> None:
    model = in_training if kind == "Job" else served
    path = model.child_path(kind)
    before = content(rig.kube.get(path))
    for change in (EDITS[kind], UNLABEL):
        rig.kube.merge(path, change)
        assert content(rig.kube.get(path)) != before
        restored.append(seconds_until(lambda: content(rig.kube.get(path)) == before, RESTORED_SECONDS))
    uid = rig.kube.get(path)["metadata"]["uid"]
    rig.kube.delete(path)
    restored.append(seconds_until(lambda: _recreated(rig, path, uid), RESTORED_SECONDS))
    assert _without_templates(content(rig.kube.get(path))) == _without_templates(before)


def test_what_is_not_ours_on_a_child_stays(rig: Rig, served: ChurnModelHandle) -> None:
    path = served.child_path("Deployment")
    rig.kube.merge(path, {"metadata": {"labels": {"team": "growth"}, "annotations": {"team/note": "ours"}}})
    rig.kube.merge(path, {"spec": {"minReadySeconds": 77}})
    eventually(lambda: rig.kube.get(path)["spec"]["minReadySeconds"] != 77, RESTORED_SECONDS)
    metadata = rig.kube.get(path)["metadata"]
    assert metadata["labels"]["team"] == "growth"
    assert metadata["annotations"]["team/note"] == "ours"


def _without_templates(child: Object) -> Object:
    """A record that was lost takes the templates that run, in which the API server has filled in its defaults."""
    if child["kind"] != "ControllerRevision":
        return child
    metadata = {key: part for key, part in child["metadata"].items() if key != "annotations"}
    data = {key: part for key, part in child["data"].items() if key != "templates"}
    return {**child, "metadata": metadata, "data": data}


def _recreated(rig: Rig, path: str, uid: str) -> bool:
    found = rig.kube.find(path)
    return found is not None and found["metadata"]["uid"] != uid
