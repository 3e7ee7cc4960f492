"""The rig itself: what the other tests rely on holds without any operator."""

import signal
import subprocess

import httpx
import pytest
from support.api_server import ApiServer
from support.eventually import eventually
from support.fake_kubelet import FakeKubelet
from support.fake_status import Ending, Fate, is_ready
from support.fault_proxy import FaultProxy, Moment
from support.integration_rig import Rig
from support.kube_client import Object

_SECONDS = 60
_CONTAINER: Object = {
    "name": "main",
    "image": "registry.example/main:1",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}


def _deployment(image: str) -> Object:
    labels = {"app": "rig"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"serviceAccountName": "rig", "containers": [{**_CONTAINER, "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "rig"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


def test_the_fake_kubelet_rolls_a_deployment_out(rig: Rig, kubelet: FakeKubelet) -> None:
    namespace = rig.namespace()
    root = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    rig.kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "rig"}})
    rig.kube.create(root, _deployment("registry.example/main:1"))
    eventually(lambda: _images(rig, namespace) == ["registry.example/main:1"] * 2, _SECONDS)
    kubelet.decide(namespace, "main:2", Fate(Ending.CRASHES))
    rig.kube.merge(f"{root}/rig", _deployment("registry.example/main:2"))
    eventually(lambda: len(_images(rig, namespace)) == 3, _SECONDS)
    assert _images(rig, namespace, ready=True) == ["registry.example/main:1"] * 2
    kubelet.decide(namespace, "main:2", Fate())
    eventually(lambda: _images(rig, namespace, ready=True) == ["registry.example/main:2"] * 2, _SECONDS)
    eventually(lambda: rig.kube.get(f"{root}/rig")["status"].get("availableReplicas") == 2, _SECONDS)
    rig.kube.delete(f"{root}/rig")
    eventually(lambda: not _images(rig, namespace), _SECONDS)


@pytest.mark.parametrize("moment", Moment)
def test_the_proxy_kills_at_a_write(server: ApiServer, rig: Rig, moment: Moment) -> None:
    namespace = rig.namespace()
    collection = f"/api/v1/namespaces/{namespace}/configmaps"
    victim = subprocess.Popen(["sleep", "60"])
    with FaultProxy(server) as proxy, httpx.Client(base_url=proxy.url, headers=server.admin.headers) as client:
        proxy.kill_on_write(2, moment, lambda: victim.pid)
        client.post(collection, json={"metadata": {"name": "one"}}).raise_for_status()
        with pytest.raises(httpx.TransportError):
            client.post(collection, json={"metadata": {"name": "two"}})
        assert victim.wait(_SECONDS) == -signal.SIGKILL
        assert [write.method for write in proxy.writes] == ["POST", "POST"]
    names = {item["metadata"]["name"] for item in server.admin.items(collection)}
    assert names == ({"one"} if moment is Moment.BEFORE else {"one", "two"})


def _images(rig: Rig, namespace: str, ready: bool = False) -> list[str]:
    pods = rig.kube.items(f"/api/v1/namespaces/{namespace}/pods")
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods if is_ready(pod) or not ready)
