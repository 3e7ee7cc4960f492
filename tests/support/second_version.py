"""A second version of the example model telco in the cluster's MLflow, for tests of rollouts."""

import json
from typing import Any

from support.kubernetes_cluster import Cluster


def register_second_version(cluster: Cluster) -> None:
    """Run the operator's own training Job once more, with another seed; version 2 is the challenger then."""
    (job,) = cluster.kubectl.get("-n", "churn", "jobs", "-l", "churnserve.dev/model=telco")["items"]
    pod = job["spec"]["template"]["spec"]
    arguments = pod["containers"][0]["args"]
    arguments[arguments.index("--seed") + 1] = "1"
    again = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        # Without labels of its own it would be given its pods', and be taken for one of the model's.
        "metadata": {"name": "telco-second", "namespace": "churn", "labels": {"app.kubernetes.io/name": "tests"}},
        # The labels let the pod pass the namespace's NetworkPolicies, as any training pod of the model.
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": _training_labels(job)}, "spec": pod}},
    }
    cluster.kubectl.run("-n", "churn", "delete", "job/telco-second", "--ignore-not-found")
    cluster.kubectl.run("create", "-f", "-", stdin=json.dumps(again))
    wait = ["-n", "churn", "wait", "--for=condition=Complete", "job/telco-second", "--timeout=300s"]
    cluster.kubectl.run(*wait, seconds=330)


def _training_labels(job: dict[str, Any]) -> dict[str, str]:
    labels = job["spec"]["template"]["metadata"]["labels"]
    return {key: value for key, value in labels.items() if "job" not in key and "controller-uid" not in key}
