"""MLflow away for longer than a rollout may take: nothing that serves changes, and nothing is rejected for it.

Meanwhile a rollout is under way, more replicas are wanted, a pod is lost and the operator restarts; under load all the
time. Two minutes here, ten in `make bench-outage`.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from churn_models.exit_code import ExitCode
from support.eventually import eventually
from support.figures import record
from support.kubectl import Kubectl
from support.kubernetes_cluster import REST_URL, SYSTEM, Cluster
from support.no_more_pods import no_more_pods
from support.open_loop import OpenLoop
from support.second_version import register_second_version
from support.statuses_over_time import statuses_over_time
from support.v2_client import infer_request

PER_SECOND = 20
DEADLINE_SECONDS = 60
RECOVERY_SECONDS = 420
FETCH = "fetch-bundle"


@pytest.fixture
def telco(cluster: Cluster) -> Iterator[Cluster]:
    """The example at its first version, Ready, with a deadline shorter than the outage, and a second version."""
    # What a failed test left would be in the way of the example.
    cluster.kubectl.run("-n", "churn", "delete", "churnmodel/telco", "--ignore-not-found", "--timeout=60s")
    cluster.kubectl.run("apply", "-f", "manifests/examples/telco.yaml")
    cluster.wait_ready(300)
    if not cluster.has_version("2"):
        register_second_version(cluster)
    cluster.pin("1")
    cluster.kubectl.patch_spec("churnmodel/telco", {"rollout": {"progressDeadline": f"{DEADLINE_SECONDS}s"}})
    cluster.wait_state("Stable", "1", 300)
    yield cluster
    # Where the test failed in the outage, it ends with it.
    _scale_mlflow(cluster.kubectl, 1)


def test_a_long_outage_changes_nothing(telco: Cluster, request: pytest.FixtureRequest) -> None:
    seconds = request.config.getoption("--outage-seconds")
    body = infer_request(telco.schema, telco.frame(1))
    load = OpenLoop(f"{REST_URL}/v2/models/telco/infer", body, PER_SECOND)
    with statuses_over_time(telco.kubectl, "telco") as statuses, load:
        with no_more_pods(telco.kubectl):
            telco.pin("2")
            eventually(lambda: _wanted_digest(telco) != telco.status()["stable"]["digest"], 60, pause=0.5)
            _scale_mlflow(telco.kubectl, 0)
        began = time.monotonic()
        eventually(lambda: _unavailable_fetches(telco), 120, pause=1)
        fetches = _replace_and_add_pods(telco)
        telco.kubectl.run("-n", SYSTEM, "rollout", "restart", "deployment/churn-operator")
        telco.kubectl.run("-n", SYSTEM, "rollout", "status", "deployment/churn-operator", "--timeout=120s")
        while time.monotonic() < began + seconds:
            assert telco.status()["stable"]["version"] == "1"
            time.sleep(5)
        _scale_mlflow(telco.kubectl, 1)
        telco.wait_state("Stable", "2", RECOVERY_SECONDS)
    rejected = _rejected(statuses)
    assert record("registry_outage_rejections", len(rejected), "revisions", "<= 0").holds, rejected
    assert [status for status in statuses if _is_stalled(status)] == []
    assert record("registry_outage_requests", load.sent, "requests", f">= {seconds * PER_SECOND // 2}").holds
    assert record("registry_outage_failed_requests", len(load.failures), "requests", "<= 0").holds, load.failures[:5]
    assert record("peer_fetches", fetches, "pods", ">= 1").holds


def _rejected(statuses: list[dict[str, Any]]) -> dict[str, str]:
    """Revisions that became rejected, and why."""
    told = [status.get("rejected") or {} for status in statuses]
    return {one["revision"]: one.get("message", "") for one in told if one and one != told[0]}


def _is_stalled(status: dict[str, Any]) -> bool:
    return any(item["type"] == "Stalled" and item["status"] == "True" for item in status.get("conditions", []))


def _replace_and_add_pods(telco: Cluster) -> int:
    """Lose one pod that serves, want one more; how many pods then got their bundle from another pod."""
    before = _ready_pods(telco)
    telco.kubectl.run("-n", "churn", "delete", "pod", min(before), "--wait=false")
    wanted = len(before) + 1  # the autoscaler may have gone to its most already
    scaling = {"minReplicas": wanted, "maxReplicas": wanted}
    telco.kubectl.patch_spec("churnmodel/telco", {"serving": {"autoscaling": scaling}})
    added = eventually(lambda: _enough(_ready_pods(telco) - before, 2), 180, pause=1)
    return sum("from the pod at" in telco.kubectl.run("-n", "churn", "logs", pod, "-c", FETCH) for pod in added)


def _enough(pods: set[str], number: int) -> set[str]:
    return pods if len(pods) >= number else set()


def _ready_pods(telco: Cluster) -> set[str]:
    """Names of the pods that answer users."""
    pods = [pod for pod in _pods(telco) if "deletionTimestamp" not in pod["metadata"]]
    return {pod["metadata"]["name"] for pod in pods if _is_ready(pod)}


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"


def _unavailable_fetches(telco: Cluster) -> list[str]:
    """Pods whose last fetch ended because MLflow did not answer and no pod had the bundle."""
    return [pod["metadata"]["name"] for pod in _pods(telco) if ExitCode.UNAVAILABLE in _fetch_ends(pod)]


def _fetch_ends(pod: dict[str, Any]) -> list[int]:
    statuses = [item for item in pod["status"].get("initContainerStatuses", []) if item["name"] == FETCH]
    ends = [status[moment].get("terminated") for status in statuses for moment in ("state", "lastState")]
    return [end["exitCode"] for end in ends if end]


def _pods(telco: Cluster) -> list[dict[str, Any]]:
    selector = "churnserve.dev/model=telco,churnserve.dev/track=stable"
    items: list[dict[str, Any]] = telco.kubectl.get("-n", "churn", "pods", "-l", selector)["items"]
    return items


def _wanted_digest(telco: Cluster) -> str:
    """Of the pods that the Deployment makes now."""
    template = telco.kubectl.get("-n", "churn", "deployment/telco")["spec"]["template"]
    return str(template["metadata"]["annotations"]["churnserve.dev/digest"])


def _scale_mlflow(kubectl: Kubectl, replicas: int) -> None:
    kubectl.run("-n", SYSTEM, "scale", "deployment/mlflow", f"--replicas={replicas}")
    if replicas:
        kubectl.run("-n", SYSTEM, "rollout", "status", "deployment/mlflow", "--timeout=180s", seconds=200)
        return
    pods = ("-n", SYSTEM, "get", "pods", "-l", "app.kubernetes.io/name=mlflow", "-o", "name")
    eventually(lambda: not kubectl.run(*pods).strip(), 90, pause=1)
