"""spec.batch on real kind: a table of PostgreSQL by schedule; Parquet shared by three pods, one of which is killed."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from churn_models.encoding import encode
from churn_models.scoring.scorer import load_scorer
from support.eventually import eventually
from support.figures import record
from support.kubernetes_cluster import Cluster

ROW_GROUPS, GROUP_ROWS, PODS = 40, 50_000, 3
KILLED = 1
FILES = "tables"
_LABELS = "churnserve.dev/model=telco,app.kubernetes.io/component=batch"

# Customers over and over, each with a name of its own, in row groups.
WRITE_PARQUET = """
import io, sys
import pyarrow as pa, pyarrow.csv as csv, pyarrow.parquet as pq
groups, rows = int(sys.argv[1]), int(sys.argv[2])
customers = csv.read_csv(io.BytesIO(sys.stdin.buffer.read()))
names = pa.array([f"c{number}" for number in range(rows)])
chosen = customers.take([number % len(customers) for number in range(rows)])
place = chosen.schema.get_field_index("customerID")
with pq.ParquetWriter("/tables/customers.parquet", chosen.schema) as writer:
    for group in range(groups):
        named = pa.array([f"{group}-{number}" for number in range(rows)])
        writer.write_table(chosen.set_column(place, "customerID", named), row_group_size=rows)
"""
READ_RUN = """
import json, pathlib, sys
import pyarrow.compute as pc, pyarrow.parquet as pq
run = pathlib.Path("/tables/scores") / sys.argv[1]
table = pq.read_table(run)
first = table.filter(pc.starts_with(table["customerID"], sys.argv[2])).to_pydict()
print(json.dumps({
    "files": sorted(path.name for path in run.iterdir()),
    "success": json.loads((run / "_SUCCESS").read_text()),
    "rows": table.num_rows,
    "customers": len(table["customerID"].unique()),
    "digests": table["digest"].unique().to_pylist(),
    "scores": dict(zip(first["customerID"], first["churn_probability"])),
}))
"""


@pytest.fixture(scope="module")
def telco(cluster: Cluster) -> Iterator[Cluster]:
    """The example with spec.batch, Ready, and a pod that sees its volume."""
    cluster.kubectl.run("-n", "churn", "delete", "churnmodel/telco", "--ignore-not-found", "--timeout=60s")
    cluster.kubectl.run("apply", "-f", "manifests/examples/telco-batch.yaml")
    cluster.wait_ready(300)
    eventually(lambda: cluster.kubectl.get("-n", "churn", "cronjob/telco-batch"), 60, pause=1)
    cluster.kubectl.run("-n", "churn", "apply", "-f", "-", stdin=json.dumps(_files_pod(cluster)))
    cluster.kubectl.run("-n", "churn", "wait", "--for=condition=Ready", f"pod/{FILES}", "--timeout=120s")
    yield cluster
    cluster.kubectl.run("-n", "churn", "delete", f"pod/{FILES}", "--grace-period=0", "--force")
    cluster.kubectl.patch_spec("churnmodel/telco", {"batch": None})
    eventually(lambda: not _named(cluster, "cronjobs,jobs,networkpolicies"), 120, pause=1)
    cluster.kubectl.run("-n", "churn", "delete", "pvc/telco-tables", "--timeout=60s")


def test_a_table_of_postgresql_is_scored_when_it_is_time(telco: Cluster) -> None:
    telco.kubectl.patch_spec("churnmodel/telco", {"batch": {"schedule": "* * * * *"}})
    told = eventually(lambda: _ended(telco), 240, pause=2)
    telco.kubectl.patch_spec("churnmodel/telco", {"batch": {"schedule": "@yearly"}})
    run = _read_run(telco, told["run"])
    assert told["state"] == "Succeeded", told
    assert told["digest"] == telco.status()["stable"]["digest"]
    assert run["files"] == ["_SUCCESS", "part-00000-of-00001.parquet"]
    assert told["rows"] == run["rows"] == run["success"]["rows"] == len(telco.frame(100_000))
    eventually(lambda: not _running_jobs(telco), 120, pause=1)


def test_one_of_three_pods_killed_leaves_every_row_once(telco: Cluster) -> None:
    text = telco.customers.read_text()
    _in_files_pod(telco, WRITE_PARQUET, str(ROW_GROUPS), str(GROUP_ROWS), stdin=text)
    # Slow enough that a pod is in the middle of its share when it is killed.
    batch = {"input": "customers.parquet", "parallelism": PODS, "resources": {"cpu": "300m", "cpuLimit": "300m"}}
    telco.kubectl.patch_spec("churnmodel/telco", {"batch": batch})
    eventually(lambda: _completions(telco) == PODS, 60, pause=1)
    telco.kubectl.run("-n", "churn", "create", "job", "--from=cronjob/telco-batch", "by-hand")
    part = f".part-{KILLED:05}-of-{PODS:05}.parquet.unfinished"
    eventually(lambda: part in _files(telco, "run=by-hand"), 180, pause=0.2)
    killed = _pod(telco, KILLED)
    telco.kubectl.run("-n", "churn", "delete", f"pod/{killed}", "--grace-period=1")
    telco.kubectl.run("-n", "churn", "wait", "--for=condition=Complete", "job/by-hand", "--timeout=300s", seconds=330)
    run = _read_run(telco, "by-hand")
    rows = ROW_GROUPS * GROUP_ROWS
    stable = telco.status()["stable"]
    assert _pod(telco, KILLED) != killed
    assert run["files"] == ["_SUCCESS", *(f"part-{index:05}-of-{PODS:05}.parquet" for index in range(PODS))]
    assert record("indexed_job_rows_once", run["customers"] / rows, "of all rows", ">= 1").holds
    assert run["rows"] == run["success"]["rows"] == rows
    assert [part["rows"] for part in run["success"]["parts"]] == [14 * GROUP_ROWS, 13 * GROUP_ROWS, 13 * GROUP_ROWS]
    assert run["digests"] == [run["success"]["digest"]] == [stable["digest"]]
    assert run["success"]["version"] == stable["version"]
    told = eventually(lambda: _ended(telco, "by-hand"), 60, pause=1)
    assert (told["state"], told["rows"], told["pods"]) == ("Succeeded", rows, PODS)
    _check_scores(telco, run["scores"], stable["version"])


def test_the_condition_tells_it(telco: Cluster) -> None:
    (condition,) = [one for one in telco.status()["conditions"] if one["type"] == "BatchSucceeded"]
    assert condition["status"] == "True", condition
    assert f"run by-hand: {ROW_GROUPS * GROUP_ROWS} rows scored by version" in condition["message"]


def _check_scores(cluster: Cluster, scores: dict[str, float], version: str) -> None:
    """Those of the first row group, whose customers are the first of the data set."""
    frame = cluster.frame(GROUP_ROWS)
    matrix = encode(cluster.schema, {name: frame[name].to_numpy() for name in cluster.schema.names}).matrix
    expected = load_scorer(cluster.fetch(version)).score(matrix).ensemble
    found = [scores[f"0-{number}"] for number in range(len(frame))]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def _ended(cluster: Cluster, job: str = "") -> dict[str, Any]:
    """The last run in the status once it has ended; empty before."""
    told: dict[str, Any] = cluster.status().get("batch", {})
    return told if told.get("ended") and told["job"].startswith(job) else {}


def _read_run(cluster: Cluster, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_in_files_pod(cluster, READ_RUN, f"run={run}", "0-"))
    return found


def _files(cluster: Cluster, run: str) -> list[str]:
    script = "import os, sys; print('\\n'.join(os.listdir(sys.argv[1]) if os.path.isdir(sys.argv[1]) else []))"
    return _in_files_pod(cluster, script, f"/tables/scores/{run}").splitlines()


def _in_files_pod(cluster: Cluster, script: str, *arguments: str, stdin: str | None = None) -> str:
    command = ["-n", "churn", "exec", *(["-i"] if stdin else []), FILES, "--", "python", "-c", script, *arguments]
    return cluster.kubectl.run(*command, stdin=stdin, seconds=300)


def _pod(cluster: Cluster, index: int) -> str:
    """The newest pod of this share of the run by hand."""
    pods = cluster.kubectl.get("-n", "churn", "pods", "-l", "batch.kubernetes.io/job-name=by-hand")["items"]
    ours = [one["metadata"] for one in pods if one["metadata"]["annotations"][_INDEX] == str(index)]
    return str(max(ours, key=lambda metadata: metadata["creationTimestamp"])["name"])


_INDEX = "batch.kubernetes.io/job-completion-index"


def _completions(cluster: Cluster) -> int:
    found = cluster.kubectl.get("-n", "churn", "cronjob/telco-batch")["spec"]["jobTemplate"]["spec"]
    return int(found["completions"])


def _named(cluster: Cluster, kinds: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.kubectl.get("-n", "churn", kinds, "-l", _LABELS)["items"]
    return found


def _running_jobs(cluster: Cluster) -> list[dict[str, Any]]:
    return [job for job in _named(cluster, "jobs") if job.get("status", {}).get("active")]


def _files_pod(cluster: Cluster) -> dict[str, Any]:
    """Of the scoring image, as the user of the pods that score."""
    cron_job = cluster.kubectl.get("-n", "churn", "cronjob/telco-batch")
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (scoring,) = pod["containers"]
    container = {
        "name": "files",
        "image": scoring["image"],
        "securityContext": scoring["securityContext"],
        "command": ["python", "-c", "import signal; signal.pause()"],
        "volumeMounts": [{"name": "tables", "mountPath": "/tables"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": FILES},
        "spec": {
            "securityContext": pod["securityContext"],
            "containers": [container],
            "volumes": [volume for volume in pod["volumes"] if volume["name"] == "tables"],
        },
    }
