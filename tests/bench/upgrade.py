"""`make bench-upgrade`: on real kind, the release before with three ChurnModels, replaced by this one, and back again.

One ChurnModel is paused, one is Distributed, one is in the middle of a rollout. The serving image stays, so that no
configuration changes and no pod may be replaced for the operator's sake.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from churn_models.ensemble_spec import load_ensemble
from support.customers import shipped_customers
from support.eventually import eventually
from support.figures import record
from support.kubectl import Kubectl
from support.kubernetes_cluster import SYSTEM, Cluster
from support.no_more_pods import no_more_pods
from support.second_version import register_second_version

RELEASE_BEFORE = "6e3d00c"
FOLDER = Path("build/release-before")
PAUSED = {
    "apiVersion": "churnserve.dev/v1alpha1",
    "kind": "ChurnModel",
    "metadata": {"name": "telco-paused", "namespace": "churn"},
    "spec": {
        "model": {"name": "telco", "version": "1"},
        "serving": {"replicas": 1, "resources": {"cpu": "50m", "memory": "1Gi"}},
    },
}
UNCHANGED = ("telco-paused", "telco-distributed")
SETTLE_SECONDS = 60

Pods = Mapping[str, str]
"""By uid, what a pod was made from."""


def main() -> None:
    """Make the cluster and run all of it. Ends with 1 where a figure falls short."""
    _check_out()
    subprocess.run(["make", "cluster"], check=True)
    _leave_policies_unenforced()
    _deploy(FOLDER)
    cluster = _cluster()
    _apply_models(cluster)
    sys.exit(not upgrade_and_back(cluster))


def upgrade_and_back(cluster: Cluster) -> bool:
    """Whether both ways went well; the three ChurnModels exist."""
    image = _serving_image(cluster.kubectl)
    pods = _pods(cluster.kubectl)
    with no_more_pods(cluster.kubectl):
        cluster.kubectl.patch_spec("churnmodel/telco", {"model": {"version": "2"}})
        eventually(lambda: cluster.status().get("state") == "RollingOut", 60, pause=1)
        _deploy(Path(), image)
        time.sleep(SETTLE_SECONDS)
        kept = cluster.status()["stable"]["version"] == "1"
    cluster.wait_state("Stable", "2", 300)
    # Not before: while no pod may be added, a changed template replaces none.
    rolled = _rolled(pods, _pods(cluster.kubectl))
    _deploy(FOLDER, image)
    time.sleep(SETTLE_SECONDS)
    back = _rolled(pods, _pods(cluster.kubectl))
    cluster.wait_state("Stable", "2", 300)
    return all(
        (
            record("upgrade_pods_rolled", rolled, "pods", "<= 0").holds,
            record("upgrade_back_pods_rolled", back, "pods", "<= 0").holds,
            record("upgrade_last_good_kept", kept, "ChurnModels", ">= 1").holds,
        )
    )


def _check_out() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(["git", "archive", RELEASE_BEFORE], stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(FOLDER)], input=archive, check=True)


def _leave_policies_unenforced() -> None:
    """Under them members of the release before do not reach MLflow: its policies did not name them."""
    daemons = ("daemonset/kube-network-policies", "--ignore-not-found")
    Kubectl(FOLDER).run("-n", "kube-system", "delete", *daemons)


def _deploy(folder: Path, serving_image: str = "") -> None:
    variables = {**os.environ, "CHURN_SERVING_IMAGE": serving_image}
    subprocess.run(["make", "-C", str(folder), "deploy"], env=variables, check=True)


def _cluster() -> Cluster:
    scratch = Path("build/e2e")
    scratch.mkdir(parents=True, exist_ok=True)
    spec, schema = load_ensemble(Path("models/telco"))
    customers = scratch / "telco.csv"
    shipped_customers(spec, schema).raw.to_csv(customers, index=False)
    return Cluster(Kubectl(scratch), schema, customers, scratch)


def _apply_models(cluster: Cluster) -> None:
    subprocess.run(["make", "-C", str(FOLDER), "data", f"CSV={cluster.customers.resolve()}"], check=True)
    for example in ("telco", "telco-distributed"):
        cluster.kubectl.run("apply", "-f", f"{FOLDER}/manifests/examples/{example}.yaml")
    cluster.wait_ready(600)
    register_second_version(cluster)
    cluster.kubectl.run("apply", "-f", "-", stdin=json.dumps(PAUSED))
    for name in UNCHANGED:
        wait = ["-n", "churn", "wait", "--for=condition=Ready", f"churnmodel/{name}", "--timeout=600s"]
        cluster.kubectl.run(*wait, seconds=630)
    cluster.kubectl.patch_spec("churnmodel/telco-paused", {"paused": True})


def _serving_image(kubectl: Kubectl) -> str:
    containers = kubectl.get("-n", SYSTEM, "deployment/churn-operator")["spec"]["template"]["spec"]["containers"]
    variables = {item["name"]: item.get("value", "") for item in containers[0]["env"]}
    return str(variables["CHURN_SERVING_IMAGE"])


def _pods(kubectl: Kubectl) -> Pods:
    """All pods of the ChurnModels whose configuration does not change."""
    selector = f"churnserve.dev/model in ({','.join(UNCHANGED)}),app.kubernetes.io/component in (serving,member)"
    items: list[dict[str, Any]] = kubectl.get("-n", "churn", "pods", "-l", selector)["items"]
    return {pod["metadata"]["uid"]: json.dumps(pod["spec"]["containers"], sort_keys=True) for pod in items}


def _rolled(before: Pods, after: Pods) -> int:
    """How many pods are others than before; pods that came on top count as well."""
    return sum(before.get(uid) != made_from for uid, made_from in after.items()) + len(before.keys() - after.keys())


if __name__ == "__main__":
    main()
