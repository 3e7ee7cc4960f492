"""A bundle of this machine in the cluster's MLflow, as a version of a model: by plain REST, whatever is wrong with it.

`publish` would refuse a bad one, and would point `challenger` at it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from churn_models.bundle_manifest import MANIFEST
from churn_models.digest import digest_of
from churn_models.names import DIGEST_TAG
from support.kubernetes_cluster import Cluster

_API = "api/2.0/mlflow"
_ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"
_SECONDS = 60


def register_bundles(cluster: Cluster, folders: Iterable[Path], model: str = "telco") -> list[str]:
    """The version of each."""
    user, password = cluster.credentials().values()
    with (
        cluster.mlflow() as address,
        httpx.Client(base_url=address, auth=(user, password), timeout=_SECONDS) as client,
    ):
        return [_register(client, folder, model) for folder in folders]


def forget_model(cluster: Cluster, model: str) -> None:
    """Its versions of an earlier run are gone, where there are any."""
    user, password = cluster.credentials().values()
    with cluster.mlflow() as address:
        answer = httpx.request(
            "DELETE",
            f"{address}/{_API}/registered-models/delete",
            json={"name": model},
            auth=(user, password),
            timeout=_SECONDS,
        )
    if answer.status_code != httpx.codes.NOT_FOUND:
        answer.raise_for_status()


def _register(client: httpx.Client, folder: Path, model: str) -> str:
    run = _post(client, "runs/create", experiment_id="0")["run"]["info"]
    root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    for file in (path for path in sorted(folder.rglob("*")) if path.is_file()):
        path = f"{root}/model/artifacts/bundle/{file.relative_to(folder).as_posix()}"
        client.put(f"{_ARTIFACTS}/{path}", content=file.read_bytes()).raise_for_status()
    version = {"name": model, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
    tag = {"key": DIGEST_TAG, "value": digest_of((folder / MANIFEST).read_bytes())}
    return str(_post(client, "model-versions/create", **version, tags=[tag])["model_version"]["version"])


def _post(client: httpx.Client, call: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{_API}/{call}", json=body)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
