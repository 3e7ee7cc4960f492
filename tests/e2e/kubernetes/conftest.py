"""One real cluster with ChurnServe in it for all tests here, made as a newcomer makes it: `make cluster deploy`."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from churn_models.ensemble_spec import load_ensemble
from support.cluster_obstacle import cluster_obstacle
from support.customers import shipped_customers
from support.figures import record
from support.kubectl import Kubectl
from support.kubernetes_cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if obstacle := cluster_obstacle():
        pytest.skip(obstacle)
    try:
        yield _deployed(tmp_path_factory.mktemp("cluster"))
    finally:
        # Elsewhere it is kept to be looked into; the next `make cluster` removes it.
        if os.environ.get("CI") == "true":
            _make("cluster-down")


@pytest.fixture(scope="session")
def served(cluster: Cluster) -> Cluster:
    """The cluster with the example ChurnModel Ready."""
    cluster.kubectl.run("apply", "-f", "manifests/examples/telco.yaml")
    cluster.wait_ready(300)
    return cluster


def _deployed(scratch: Path) -> Cluster:
    began = time.monotonic()
    _make("cluster", "deploy")
    record("cluster_deploy_s", time.monotonic() - began, "s", "<= 1200")
    kubectl = Kubectl(scratch)
    spec, schema = load_ensemble(Path("models/telco"))
    customers = scratch / "telco.csv"
    shipped_customers(spec, schema).raw.to_csv(customers, index=False)
    _make("data", f"CSV={customers}")
    # The ports of kind-config.yaml are the way from this machine to the pods, balanced as the Service does.
    kubectl.run("apply", "-f", "manifests/examples/telco-on-localhost.yaml")
    return Cluster(kubectl, schema, customers, scratch)


def _make(*arguments: str) -> None:
    subprocess.run(["make", *arguments], check=True)
