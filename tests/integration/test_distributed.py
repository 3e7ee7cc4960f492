"""Placement Distributed: members come up before the serving pods and go after them; none is left, none is missed."""

from collections.abc import Iterator

import pytest
from support.availability import Availability, pod_digest
from support.churn_model_handle import COLLECTIONS, SETTLE_SECONDS, ChurnModelHandle
from support.end_state import content
from support.eventually import eventually, seconds_until
from support.fake_mlflow_registry import MEMBERS
from support.fake_status import Ending, Fate
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import KubeClient, Object, Refused

REPLICAS = 2
RESTORED_SECONDS = 10
DISTRIBUTED: Object = {"placement": "Distributed", "replicas": REPLICAS, "members": {"quorum": 2}}
COLOCATED: Object = {"placement": "Colocated", "members": None}
REVISION = "churnserve.dev/revision"
MEMBER = "churnserve.dev/member"
COMPONENT = "app.kubernetes.io/component"

EDITS: dict[str, Object] = {
    "Deployment": {"spec": {"replicas": 5}},
    "Service": {"spec": {"selector": {"churnserve.dev/revision": "another"}}},
    "NetworkPolicy": {"spec": {"ingress": [{}]}},
    "PodDisruptionBudget": {"spec": {"maxUnavailable": "100%"}},
}


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, serving=DISTRIBUTED, rollout={"progressDeadline": "10s"})
    model.wait_ready()
    return model


def test_every_member_has_a_deployment_and_a_service_of_its_own(
    operator: RunningOperator, served: ChurnModelHandle
) -> None:
    revision = served.status()["stable"]["revision"]
    for kind in ("Deployment", "Service"):
        names = {child["metadata"]["name"] for child in _member_children(served, kind)}
        assert names == {f"{served.name}-{member}-{revision}" for member in MEMBERS}
    assert len(_serving_pods(served)) == REPLICAS
    assert len(served.pods()) == REPLICAS + len(MEMBERS)
    assert not [path for status, path in operator.proxy.refusals if status == 403]


def test_no_serving_pod_before_the_members_are_up(rig: Rig, namespace: str, name: str) -> None:
    version = rig.champion(name)
    rig.kubelet.decide(namespace, version.digest, Fate(Ending.STARTING))
    model = rig.create(namespace, name, serving=DISTRIBUTED)
    eventually(lambda: len(model.pods()) == len(MEMBERS), SETTLE_SECONDS)
    assert [child for child in model.children("Deployment") if child["metadata"]["name"] == name] == []
    assert model.status()["state"] == "RollingOut"
    rig.kubelet.decide(namespace, version.digest, Fate())
    model.wait_ready(version.digest)


def test_a_rollout_brings_new_members_up_beside_the_old_ones(rig: Rig, served: ChurnModelHandle) -> None:
    old = served.status()["stable"]
    availability = Availability(served)
    version = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, version.digest, Fate(Ending.STARTING))
    served.change(rollout={"progressDeadline": "5m"})
    eventually(lambda: len(_revisions(served, "Deployment")) == 2, SETTLE_SECONDS)
    assert {pod_digest(pod) for pod in _serving_pods(served)} == {old["digest"]}
    rig.kubelet.decide(served.namespace, version.digest, Fate())
    served.wait_ready(version.digest)
    new = served.status()["stable"]["revision"]
    for kind in ("Deployment", "Service"):
        eventually(lambda kind=kind: _revisions(served, kind) == {new}, SETTLE_SECONDS)  # type: ignore[misc]
    assert {pod_digest(pod) for pod in _serving_pods(served)} == {version.digest}
    assert availability.fewest() >= REPLICAS


def test_an_evicted_pod_keeps_no_members_running(rig: Rig, served: ChurnModelHandle) -> None:
    """A ReplicaSet leaves it behind, of whatever revision it was."""
    evicted = _serving_pods(served)[0]
    labels = {key: value for key, value in evicted["metadata"]["labels"].items() if key != "pod-template-hash"}
    metadata = {"name": f"{served.name}-evicted", "labels": labels}
    pods = f"/api/v1/namespaces/{served.namespace}/pods"
    rig.kube.create(pods, {"metadata": metadata, "spec": {**evicted["spec"], "nodeName": None}})
    rig.kube.merge(f"{pods}/{metadata['name']}/status", {"status": {"phase": "Failed", "reason": "Evicted"}})
    version = rig.champion(served.name)
    served.nudge()
    served.wait_ready(version.digest)
    new = served.status()["stable"]["revision"]
    eventually(lambda: _revisions(served, "Deployment") == {new}, SETTLE_SECONDS)
    assert metadata["name"] in {pod["metadata"]["name"] for pod in served.pods()}


def test_members_of_a_rejected_version_go_again(rig: Rig, served: ChurnModelHandle) -> None:
    good = served.status()["stable"]
    availability = Availability(served)
    version = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, version.digest, Fate(Ending.CRASHES, "out of memory"))
    served.nudge()
    eventually(lambda: served.status().get("rejected", {}).get("digest") == version.digest, SETTLE_SECONDS)
    assert "member " in served.status()["rejected"]["message"]
    eventually(lambda: _revisions(served, "Deployment") == {good["revision"]}, SETTLE_SECONDS)
    eventually(lambda: _revisions(served, "Service") == {good["revision"]}, SETTLE_SECONDS)
    assert (served.status()["stable"]["digest"], served.condition("Stalled")["status"]) == (good["digest"], "True")
    assert availability.fewest(good["digest"]) == REPLICAS


def test_the_placement_changes_without_a_gap(rig: Rig, served: ChurnModelHandle) -> None:
    availability = Availability(served)
    foreign = _foreign_member(rig.kube, served)
    served.change(serving=COLOCATED)
    eventually(lambda: not _revisions(served, "Deployment") - {"elsewhere"}, SETTLE_SECONDS)
    served.wait_ready()
    left = {kind: _member_children(served, kind) for kind in EDITS}
    assert [child["metadata"]["uid"] for children in left.values() for child in children] == [foreign]
    eventually(lambda: len(served.pods()) == REPLICAS, SETTLE_SECONDS)
    served.change(serving=DISTRIBUTED)
    eventually(lambda: len(served.pods()) == REPLICAS + len(MEMBERS), SETTLE_SECONDS)
    served.wait_ready()
    assert availability.fewest() >= REPLICAS


@pytest.fixture(scope="module")
def restored() -> Iterator[list[float]]:
    """Seconds of every restoration; the longest is recorded."""
    seconds: list[float] = []
    yield seconds
    if seconds:
        assert record("restored_members_s_max", max(seconds), "s", f"<= {RESTORED_SECONDS}").holds


@pytest.mark.parametrize("kind", EDITS)
def test_a_members_child_is_restored(rig: Rig, served: ChurnModelHandle, kind: str, restored: list[float]) -> None:
    name = _member_children(served, kind)[0]["metadata"]["name"]
    path = f"{COLLECTIONS[kind].format(served.namespace)}/{name}"
    before = content(rig.kube.get(path))
    for change in (EDITS[kind], {"metadata": {"labels": {COMPONENT: None}}}):
        rig.kube.merge(path, change)
        restored.append(seconds_until(lambda: content(rig.kube.get(path)) == before, RESTORED_SECONDS))
    uid = rig.kube.get(path)["metadata"]["uid"]
    rig.kube.delete(path)
    restored.append(seconds_until(lambda: _recreated(rig.kube, path, uid), RESTORED_SECONDS))
    assert _without_address(content(rig.kube.get(path))) == _without_address(before)


def test_a_member_without_a_ready_pod_is_told_and_rejects_nothing(rig: Rig, served: ChurnModelHandle) -> None:
    good = served.status()["stable"]["digest"]
    (pod,) = [pod for pod in served.pods() if pod["metadata"]["labels"].get(MEMBER) == "xgboost"]
    text = f'"{pod["metadata"]["name"]}"'
    rig.kubelet.decide(served.namespace, text, Fate(Ending.CRASHES, "out of memory"))
    eventually(lambda: served.status()["state"] == "Degraded", SETTLE_SECONDS)
    condition = served.condition("Ready")
    assert (condition["status"], condition["reason"]) == ("False", "MembersMissing")
    assert "xgboost" in condition["message"]
    rig.kubelet.decide(served.namespace, text, Fate())
    served.wait_ready(good)
    assert served.status()["state"] == "Stable"
    assert "rejected" not in served.status()


def test_more_pods_of_members_are_no_rollout(served: ChurnModelHandle) -> None:
    before = served.status()["stable"]
    served.change(serving={"members": {"replicas": 2}})
    eventually(lambda: len(served.pods()) == REPLICAS + 2 * len(MEMBERS), SETTLE_SECONDS)
    served.wait_ready()
    assert served.status()["stable"] == before


def test_a_quorum_that_there_cannot_be_is_rejected_while_the_old_one_serves(served: ChurnModelHandle) -> None:
    before = served.status()["stable"]
    served.change(serving={"members": {"quorum": len(MEMBERS) + 1}})
    eventually(lambda: served.condition("Stalled").get("reason") == "QuorumImpossible", SETTLE_SECONDS)
    assert served.status()["stable"] == before
    assert _revisions(served, "Deployment") == {before["revision"]}
    served.change(serving={"members": {"quorum": len(MEMBERS)}})
    served.wait_ready()


def test_a_deleted_record_does_not_take_its_members_along(rig: Rig, served: ChurnModelHandle) -> None:
    revision = served.status()["stable"]["revision"]
    rig.kube.delete(f"{COLLECTIONS['ControllerRevision'].format(served.namespace)}/{served.name}-{revision}")
    eventually(lambda: served.children("ControllerRevision"), SETTLE_SECONDS)
    served.wait_ready()
    assert _revisions(served, "Deployment") == {revision}


def _member_children(model: ChurnModelHandle, kind: str) -> list[Object]:
    return [child for child in model.children(kind) if child["metadata"]["labels"].get(COMPONENT) == "member"]


def _revisions(model: ChurnModelHandle, kind: str) -> set[str]:
    return {child["metadata"]["labels"][REVISION] for child in _member_children(model, kind)}


def _serving_pods(model: ChurnModelHandle) -> list[Object]:
    return [pod for pod in model.pods() if "churnserve.dev/track" in pod["metadata"]["labels"]]


def _foreign_member(kube: KubeClient, model: ChurnModelHandle) -> str:
    """Somebody else's Deployment that says it is a member of a revision that nothing uses; its uid."""
    found = _member_children(model, "Deployment")[0]
    labels = {**found["metadata"]["labels"], REVISION: "elsewhere"}
    spec = {**found["spec"], "replicas": 0}
    body = {"metadata": {"name": f"{model.name}-foreign", "labels": labels}, "spec": spec}
    uid: str = kube.create(COLLECTIONS["Deployment"].format(model.namespace), body)["metadata"]["uid"]
    return uid


def _recreated(kube: KubeClient, path: str, uid: str) -> bool:
    try:
        return bool(kube.get(path)["metadata"]["uid"] != uid)
    except Refused:
        return False


def _without_address(child: Object) -> Object:
    spec = {key: value for key, value in child["spec"].items() if key not in ("clusterIP", "clusterIPs")}
    return {**child, "spec": spec}
