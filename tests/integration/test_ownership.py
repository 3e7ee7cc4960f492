"""Objects of others: never adopted, never changed, never deleted; the status says which name they hold."""

import pytest
from churn_models.names import CHAMPION
from support.batch_spec import BATCH
from support.churn_model_handle import COLLECTIONS, SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.integration_rig import Rig
from support.kube_client import Object
from support.stream_spec import STREAM

_LABELS = {"app": "somebody-else"}
_SELECTOR: Object = {"matchLabels": _LABELS}
_CONTAINER: Object = {
    "name": "theirs",
    "image": "registry.example/theirs:1",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}

_TEMPLATE: Object = {"metadata": {"labels": _LABELS}, "spec": {"containers": [_CONTAINER]}}
_JOB: Object = {"template": {"spec": {"restartPolicy": "Never", "containers": [_CONTAINER]}}}

FOREIGN: dict[str, Object] = {
    "ServiceAccount": {},
    "NetworkPolicy": {"spec": {"podSelector": _SELECTOR}},
    "Service": {"spec": {"selector": _LABELS, "ports": [{"port": 80}]}},
    "Deployment": {"spec": {"replicas": 0, "selector": _SELECTOR, "template": _TEMPLATE}},
    "HorizontalPodAutoscaler": {
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "theirs"}}
    },
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": _SELECTOR}},
    "ControllerRevision": {"revision": 1, "data": {"theirs": True}},
    "Job": {"spec": _JOB},
    "StatefulSet": {"spec": {"replicas": 0, "selector": _SELECTOR, "template": _TEMPLATE}},
    "CronJob": {"spec": {"schedule": "@yearly", "suspend": True, "jobTemplate": {"spec": _JOB}}},
}
TRAINING: Object = {"dataset": "postgresql://db.example/churn/customers", "ensemble": "telco"}


@pytest.mark.parametrize("like_ours", [False, True], ids=["unlabelled", "labelled like ours"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_object_with_a_childs_name_is_left_alone(
    rig: Rig, namespace: str, name: str, kind: str, like_ours: bool
) -> None:
    child = _name_of_child(rig, namespace, name, kind)
    labels = {"churnserve.dev/model": name, "app.kubernetes.io/managed-by": "churn-operator"}
    metadata: Object = {"name": child, "labels": labels if like_ours else {}}
    foreign = rig.kube.create(COLLECTIONS[kind].format(namespace), {"metadata": metadata, **FOREIGN[kind]})
    model = _create(rig, namespace, name, f"{name}-model", kind)
    eventually(lambda: model.condition("ChildrenOwned").get("reason") == "NameConflict", SETTLE_SECONDS)
    assert f"{kind}/{child}" in model.condition("ChildrenOwned")["message"]
    _settle(rig, namespace, name)
    now = rig.kube.get(f"{COLLECTIONS[kind].format(namespace)}/{child}")
    assert now["metadata"]["uid"] == foreign["metadata"]["uid"]
    assert _without_status(now) == _without_status(foreign)
    assert kind != "Deployment" or model.condition("Ready")["status"] == "False"


def test_a_recreated_churn_model_gets_children_of_its_own(rig: Rig, namespace: str, name: str) -> None:
    """No garbage collector runs here: the test deletes the old children itself, late, as a slow collector would."""
    rig.champion(name)
    first = rig.create(namespace, name)
    first.wait_ready()
    before = _uids(first)
    rig.kube.delete(first.path)
    second = rig.create(namespace, name)
    eventually(lambda: second.condition("ChildrenOwned").get("reason") == "NameConflict", SETTLE_SECONDS)
    assert second.condition("Ready")["status"] == "False"
    assert _uids(second) == before
    _delete_children(rig, second)
    second.wait_ready()
    owners = {owner["uid"] for child in _all_children(second) for owner in child["metadata"]["ownerReferences"]}
    assert owners == {second.live()["metadata"]["uid"]}
    assert second.condition("ChildrenOwned")["status"] == "True"


def test_nothing_is_made_for_a_churn_model_that_is_gone(rig: Rig, namespace: str, name: str) -> None:
    """The test deletes the children itself here too, once the operator knows that their owner is gone.

    Watches of different kinds keep no common order. A child made again before that names the owner that is gone,
    so that a cluster's garbage collector takes it.
    """
    rig.champion(name)
    model = rig.create(namespace, name)
    model.wait_ready()
    rig.kube.delete(model.path)
    _settle(rig, namespace, f"{name}-deleted")
    assert _all_children(model)
    _delete_children(rig, model)
    _settle(rig, namespace, f"{name}-collected")
    assert not _all_children(model)


def _settle(rig: Rig, namespace: str, name: str) -> None:
    """Another ChurnModel that gets Ready shows that the operator has worked through what came before."""
    rig.champion(f"{name}-later")
    rig.create(namespace, f"{name}-later").wait_ready()


def _name_of_child(rig: Rig, namespace: str, name: str, kind: str) -> str:
    """As a twin shows it: the names of a revision and of a Job end in a hash."""
    twin = _create(rig, namespace, f"{name}-twin", f"{name}-model", kind)
    children = eventually(lambda: twin.children(kind), SETTLE_SECONDS)
    return str(children[0]["metadata"]["name"]).replace(twin.name, name)


def _create(rig: Rig, namespace: str, name: str, model: str, kind: str) -> ChurnModelHandle:
    if kind == "Job":
        return rig.create(namespace, name, model, training=TRAINING)
    if rig.mlflow.alias(model, CHAMPION) is None:
        rig.champion(model)
    return rig.create(namespace, name, model, serving={"autoscaling": {}}, batch=BATCH, stream=STREAM)


def _delete_children(rig: Rig, model: ChurnModelHandle) -> None:
    for kind, path in COLLECTIONS.items():
        for child in model.children(kind):
            rig.kube.delete(f"{path.format(model.namespace)}/{child['metadata']['name']}")


def _without_status(found: Object) -> Object:
    ours = ("managedFields", "resourceVersion")
    metadata = {key: value for key, value in found["metadata"].items() if key not in ours}
    return {**{key: value for key, value in found.items() if key != "status"}, "metadata": metadata}


def _uids(model: ChurnModelHandle) -> dict[str, set[str]]:
    return {kind: {child["metadata"]["uid"] for child in model.children(kind)} for kind in COLLECTIONS}


def _all_children(model: ChurnModelHandle) -> list[Object]:
    return [child for kind in COLLECTIONS for child in model.children(kind)]
