"""Drift sidecars with a real API server: what they count is told, and outlives an operator."""

from collections.abc import Iterator

import pytest
from churn_operator.names import DRIFT_CONTAINER
from support.api_server import ApiServer
from support.churn_model_handle import ChurnModelHandle
from support.drift_pods import world
from support.eventually import eventually
from support.fake_drift_sidecars import FakeDriftSidecars
from support.fake_status import Ending, Fate, pod_status
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object
from support.stream_spec import STREAM

_WINDOW_SECONDS = 180
_SECONDS = 60
_DRIFT = {"window": {"rows": 500, "minRows": 100}}
WORLD = world(numeric=3, categories=(3,), rows=4000)


@pytest.fixture
def watched(rig: Rig, server: ApiServer) -> Iterator[tuple[RunningOperator, FakeDriftSidecars, ChurnModelHandle]]:
    """A model whose two pods have sidecars."""
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as operator, FakeDriftSidecars(server, namespace, WORLD) as sidecars:
        model = rig.create(namespace, name, drift=_DRIFT, serving={"replicas": 2})
        model.wait_ready()
        eventually(lambda: len(sidecars.sidecars) == 2, _SECONDS)
        yield operator, sidecars, model


def _report(rig: Rig, model: ChurnModelHandle) -> Object:
    """Of its one revision; empty before it is written."""
    found = rig.kube.items(f"/apis/churnserve.dev/v1alpha1/namespaces/{model.namespace}/driftreports")
    return found[0] if found else {}


def _judged(rig: Rig, model: ChurnModelHandle) -> int:
    judged: int = _report(rig, model).get("status", {}).get("judged", 0)
    return judged


def _add_worker(rig: Rig, model: ChurnModelHandle) -> None:
    """What the StatefulSet's controller and a kubelet would do; the fake one knows Deployments alone."""
    model.change(stream=STREAM | {"replicas": 1})
    (found,) = eventually(lambda: model.children("StatefulSet"), _SECONDS)
    metadata, template = found["metadata"], found["spec"]["template"]
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": metadata["name"], "uid": metadata["uid"]}
    named = {"name": f"{metadata['name']}-0", "ownerReferences": [{**owner, "controller": True}]}
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": template["metadata"] | named}
    pods = f"/api/v1/namespaces/{model.namespace}/pods"
    made = rig.kube.create(pods, pod)
    rig.kube.merge(f"{pods}/{named['name']}/status", {"status": pod_status(made, Fate())})


def test_a_broken_feed_is_told_and_outlives_the_operator(
    rig: Rig, watched: tuple[RunningOperator, FakeDriftSidecars, ChurnModelHandle]
) -> None:
    operator, sidecars, model = watched
    _add_worker(rig, model)
    eventually(lambda: len(sidecars.sidecars) == 3, _SECONDS)
    sidecars.count(600, seed=1, missing=0.6)
    eventually(lambda: model.condition("FeedHealthy").get("status") == "False", _WINDOW_SECONDS)
    eventually(lambda: _judged(rig, model) == 1, _WINDOW_SECONDS)
    report, (record,) = _report(rig, model), model.children("ControllerRevision")
    (owner,) = report["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("ControllerRevision", record["metadata"]["uid"])
    assert report["metadata"]["name"] == record["metadata"]["name"]
    assert report["status"]["windows"][0]["rows"] == 1800, "servers and the stream's worker"
    operator.process.kill()
    operator.process.start()
    asked = sidecars.asked["/report"]
    eventually(lambda: sidecars.asked["/report"] >= asked + 6, _SECONDS)
    assert model.condition("FeedHealthy")["status"] == "False"
    assert _judged(rig, model) == 1
    assert not [path for status, path in operator.proxy.refusals if status == 403]


def test_a_sidecar_that_crashes_is_not_the_versions_fault(
    rig: Rig, watched: tuple[RunningOperator, FakeDriftSidecars, ChurnModelHandle]
) -> None:
    model = watched[2]
    revision = model.status()["stable"]["revision"]
    for pod in model.pods():
        rig.kubelet.decide(model.namespace, pod["metadata"]["name"], Fate(Ending.SIDECAR_CRASHES, "MemoryError"))
    eventually(lambda: "does not run" in model.condition("FeedHealthy").get("message", ""), _SECONDS)
    assert model.condition("FeedHealthy")["status"] == "Unknown"
    status = model.status()
    assert status["stable"]["revision"] == revision and not status.get("rejected")


def test_another_engine_is_a_rollout_and_thresholds_are_none(
    rig: Rig, watched: tuple[RunningOperator, FakeDriftSidecars, ChurnModelHandle]
) -> None:
    model = watched[2]
    before = model.deployment()["spec"]["template"]
    model.change(drift={"effect": 0.2})
    model.wait_ready()
    assert model.deployment()["spec"]["template"] == before
    model.change(drift={"engine": "AlibiDetect"})
    eventually(lambda: _image(model) == "registry.example/churnserve/drift:test", _SECONDS)
    assert len(model.children("ControllerRevision")) == 2


def _image(model: ChurnModelHandle) -> str:
    """Of its sidecar."""
    init = model.deployment()["spec"]["template"]["spec"]["initContainers"]
    found: str = next(one["image"] for one in init if one["name"] == DRIFT_CONTAINER)
    return found
