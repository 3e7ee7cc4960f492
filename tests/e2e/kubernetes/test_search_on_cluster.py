"""spec.training.search on real kind: two workers share the trials, one is killed, and what is found is served."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from churn_models.ensemble_spec import EnsembleSpec
from support.eventually import eventually
from support.figures import record
from support.kubernetes_cluster import Cluster

NAME = "found"
TRIALS, WORKERS, KILLED = 8, 2, 1
KINDS = ("logistic-regression", "lightgbm")
_PODS = f"churnserve.dev/model={NAME},app.kubernetes.io/component=training"
_READY_SECONDS = 420


@pytest.fixture
def ensemble(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """A ConfigMap with two kinds of members and few trees, to search from."""
    written = EnsembleSpec.from_yaml(Path("models/telco/ensemble.yaml")).model_dump(mode="json", exclude_unset=True)
    written["members"] = [member for member in written["members"] if member["kind"] in KINDS]
    written["search"] = {"members": {"lightgbm": {"n_estimators": {"low": 5, "high": 30}}}}
    (tmp_path / "ensemble.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    shutil.copy("models/telco/schema.yaml", tmp_path)
    cluster.kubectl.run("-n", "churn", "create", "configmap", NAME, f"--from-file={tmp_path}")
    yield NAME
    cluster.kubectl.run("-n", "churn", "delete", f"churnmodel/{NAME}", "--ignore-not-found", "--timeout=60s")
    cluster.kubectl.run("-n", "churn", "delete", f"configmap/{NAME}")


def test_a_search_of_which_a_worker_is_killed_ends_in_a_champion(cluster: Cluster, ensemble: str) -> None:
    began = time.monotonic()
    cluster.kubectl.run("apply", "-f", "-", stdin=json.dumps(_churn_model(ensemble)))
    pod = eventually(lambda: _worker(cluster), 180, pause=1)
    eventually(lambda: _search(cluster).get("trials"), 180, pause=1)
    cluster.kubectl.run("-n", "churn", "delete", f"pod/{pod}", "--grace-period=0", "--force")
    ready = ["wait", "--for=condition=Ready", f"churnmodel/{NAME}", f"--timeout={_READY_SECONDS}s"]
    cluster.kubectl.run("-n", "churn", *ready, seconds=_READY_SECONDS + 30)
    record("search_to_ready_s", time.monotonic() - began, "s", "<= 300")

    search = _search(cluster)
    assert (search["state"], search["of"]) == ("Succeeded", TRIALS), search
    # Each worker may be at one when the last that counts ends.
    assert TRIALS <= search["trials"] < TRIALS + WORKERS, search
    assert 0.5 < search["best"] < 1
    assert eventually(lambda: cluster.champion(NAME), 60, pause=2) == "1"
    (job,) = (one for one in _jobs(cluster) if "-train-" in one["metadata"]["name"])
    log = cluster.kubectl.run("-n", "churn", "logs", f"job/{job['metadata']['name']}")
    assert f"the ensemble is what the search {search['study']} has found" in log


def _churn_model(ensemble: str) -> dict[str, Any]:
    example = yaml.safe_load(Path("manifests/examples/telco-search.yaml").read_text(encoding="utf-8"))
    training = example["spec"]["training"] | {
        "ensemble": {"configMap": ensemble},
        "resources": {"cpu": "100m", "memory": "1Gi"},
        "search": {"trials": TRIALS, "workers": WORKERS, "hours": 0.2},
    }
    serving = {"replicas": 1, "resources": {"cpu": "100m", "memory": "1Gi"}}
    spec = example["spec"] | {"model": {"name": NAME}, "training": training, "serving": serving}
    return {**example, "metadata": {"name": NAME, "namespace": "churn"}, "spec": spec}


def _jobs(cluster: Cluster) -> list[dict[str, Any]]:
    return list(cluster.kubectl.get("-n", "churn", "jobs", "-l", _PODS)["items"])


def _worker(cluster: Cluster) -> str | None:
    """The name of the running pod that is to be killed."""
    index = f"batch.kubernetes.io/job-completion-index={KILLED}"
    running = ["-l", f"{_PODS},{index}", "--field-selector=status.phase=Running"]
    pods = cluster.kubectl.get("-n", "churn", "pods", *running)["items"]
    return str(pods[0]["metadata"]["name"]) if pods else None


def _search(cluster: Cluster) -> dict[str, Any]:
    status = cluster.kubectl.get("-n", "churn", f"churnmodel/{NAME}").get("status", {})
    found: dict[str, Any] = status.get("training", {}).get("search", {})
    return found
