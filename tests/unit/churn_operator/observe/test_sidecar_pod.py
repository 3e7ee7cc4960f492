"""Which pods a drift sidecar counts for, as they are listed."""

from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL
from churn_operator.observe.sidecar_pod import PodKind, SidecarPod, read_sidecar_pods

READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-28T01:00:00Z"}


def _pod(name: str, *init: str, **status: object) -> Manifest:
    spec = {"initContainers": [{"name": one} for one in init]}
    return {"metadata": {"name": name, "labels": {REVISION_LABEL: "abc"}}, "spec": spec, "status": status}


def test_pods_with_a_sidecar_alone_by_name() -> None:
    ended = {"name": "drift", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    pods = [
        _pod("telco-stream-1", "fetch-bundle", "drift", podIP="10.0.0.2", conditions=[READY]),
        _pod("telco-stream-0", "fetch-bundle", "drift", initContainerStatuses=[ended]),
        _pod("telco-stream-2", "fetch-bundle", podIP="10.0.0.3"),
    ]
    first, second = read_sidecar_pods(pods, PodKind.WORKER)
    assert second == SidecarPod("telco-stream-1", "10.0.0.2", "abc", PodKind.WORKER, ready_since="2026-11-28T01:00:00Z")
    assert (first.address, first.ready_since) == ("", "")
    assert "does not run (OOMKilled" in first.unwatched
