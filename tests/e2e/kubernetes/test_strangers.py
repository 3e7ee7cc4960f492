"""NetworkPolicies on real kind: the pods that need MLflow or PostgreSQL reach them, others do not.

All tests here run under them, where the kernel lets anybody enforce them. Whether it does is asked of the kernel, not
of the cluster: a cluster that could enforce them and does not fails.
"""

import json
from collections.abc import Iterator

import pytest
from support.eventually import eventually
from support.figures import record
from support.kubectl import Kubectl, KubectlFailed
from support.kubernetes_cluster import Cluster
from support.plain_pod import plain_pod

NODE = "churnserve-control-plane"
STRANGER = "stranger"
REGISTRY, DATABASE = ("mlflow.churnserve-system", 5000), ("postgresql.churnserve-system", 5432)

# A chain that no packet comes to; made and removed again.
QUEUE = """
rule() { iptables -w -t mangle "$@"; }
rule -N CAN-QUEUE && rule -A CAN-QUEUE -j NFQUEUE --queue-num 100
code=$?
rule -F CAN-QUEUE; rule -X CAN-QUEUE
exit $code
"""
CONNECT = """
import socket, sys
host, port = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), socket.AF_INET)[0][4]
try:
    socket.create_connection((host, port), timeout=5).close()
except TimeoutError:
    sys.exit("kept out")
print("reached")
"""


@pytest.fixture(scope="module")
def enforced(cluster: Cluster) -> bool:
    can = _can_queue(cluster.kubectl)
    record("network_policies_enforced", can, "clusters", ">= 0")
    return can


@pytest.fixture(params=["default", "churn"])
def stranger(served: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The namespace of a pod without our labels: one where nothing keeps pods from asking, and the models' own."""
    namespace: str = request.param
    image = served.kubectl.get("-n", "churn", "deployment/telco")["spec"]["template"]["spec"]["containers"][0]["image"]
    pod = plain_pod({"name": STRANGER, "labels": {"app": "shop"}}, image, "import time; time.sleep(3600)")
    served.kubectl.run("-n", namespace, "apply", "-f", "-", stdin=json.dumps(pod))
    try:
        served.kubectl.run("-n", namespace, "wait", "--for=condition=Ready", f"pod/{STRANGER}", "--timeout=120s")
        yield namespace
    finally:
        served.kubectl.run("-n", namespace, "delete", "pod", STRANGER, "--grace-period=0", "--force")


@pytest.mark.parametrize("address", [REGISTRY, DATABASE], ids=["mlflow", "postgresql"])
def test_a_stranger_is_kept_out(stranger: str, served: Cluster, enforced: bool, address: tuple[str, int]) -> None:
    # A policy takes hold of a pod once its address is known to whoever enforces it.
    eventually(lambda: _reaches(served.kubectl, stranger, STRANGER, *address) != enforced, 60, pause=1)


def test_a_serving_pod_reaches_mlflow_and_nothing_else_of_the_system(served: Cluster, enforced: bool) -> None:
    pods = served.kubectl.get("-n", "churn", "pods", "-l", "churnserve.dev/model=telco,churnserve.dev/track=stable")
    name = pods["items"][0]["metadata"]["name"]
    assert _reaches(served.kubectl, "churn", name, *REGISTRY)
    assert _reaches(served.kubectl, "churn", name, *DATABASE) != enforced


def _can_queue(kubectl: Kubectl) -> bool:
    """Whether this kernel hands packets to a program: what enforces policies here needs no more of it."""
    try:
        kubectl.output(["docker", "exec", NODE, "sh", "-c", QUEUE])
    except KubectlFailed as failed:
        print(f"NetworkPolicies cannot be enforced by this kernel: {failed}")
        return False
    return True


def _reaches(kubectl: Kubectl, namespace: str, pod: str, host: str, port: int) -> bool:
    """Whether a connection from the pod's first container comes about; every other failure but silence is raised."""
    try:
        kubectl.run("-n", namespace, "exec", pod, "--", "python3", "-c", CONNECT, host, str(port))
    except KubectlFailed as failed:
        if "kept out" not in str(failed):
            raise
        return False
    return True
