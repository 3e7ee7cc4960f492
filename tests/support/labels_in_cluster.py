"""The labels' process in the cluster, as README and manifests/labels say, and what it keeps in PostgreSQL there."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.rows import dict_row
from support.eventually import eventually
from support.kubernetes_cluster import SYSTEM, Cluster

_MANIFESTS = Path(__file__).parents[2] / "manifests"
_OPERATOR = ("Deployment", "churn-operator")
_SECONDS = 180


def deploy_labels(cluster: Cluster) -> None:
    """Until it is ready, and the operator has begun again with its address. What is there already is replaced."""
    _make_secrets(cluster)
    objects = [one for one in _rendered(cluster) if _is_of_labels(one)]
    applied = ("apply", "--server-side", "--force-conflicts", "--field-manager", "churnserve-deploy", "-f", "-")
    cluster.kubectl.run(*applied, stdin=yaml.safe_dump_all(objects))
    for name in ("churn-labels", "churn-operator"):
        wait = ("rollout", "status", f"deployment/{name}", f"--timeout={_SECONDS}s")
        cluster.kubectl.run("-n", SYSTEM, *wait, seconds=_SECONDS + 30)


def kept_predictions(cluster: Cluster, model: str, least: int, seconds: float) -> list[dict[str, Any]]:
    """The rows of the table `predictions` that are of this registered model, once there are so many."""
    password = cluster.secret("postgresql-credentials", "churn-password")
    with cluster.kubectl.forward(SYSTEM, "service/postgresql", 5432) as address:
        host, port = address.split(":")
        database: dict[str, Any] = {
            "host": host,
            "port": int(port),
            "dbname": "churn",
            "user": "churn",
            "password": password,
        }
        with psycopg.connect(**database, row_factory=dict_row, autocommit=True) as connection:

            def enough() -> list[dict[str, Any]]:
                rows = connection.execute("SELECT * FROM predictions WHERE model = %s", [model]).fetchall()
                assert len(rows) >= least, f"{len(rows)} rows"
                return rows

            return eventually(enough, seconds, pause=1)


def _make_secrets(cluster: Cluster) -> None:
    """One for whoever tells outcomes, and one for serving pods, which is in their namespace, too."""
    token, of_pods = secrets.token_hex(32), secrets.token_hex(32)
    _make_secret(cluster, SYSTEM, {"token": token, "predictions-token": of_pods})
    _make_secret(cluster, "churn", {"predictions-token": of_pods})


def _make_secret(cluster: Cluster, namespace: str, values: dict[str, str]) -> None:
    metadata = {"name": "churn-labels", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
    cluster.kubectl.run("apply", "--server-side", "-f", "-", stdin=json.dumps(secret))


def _rendered(cluster: Cluster) -> list[dict[str, Any]]:
    """An overlay of one's own with the component, and the images that the cluster has."""
    folder = cluster.scratch / "with-labels"
    folder.mkdir(exist_ok=True)
    base, labels, images = (os.path.relpath(_MANIFESTS / part, folder) for part in ("base", "labels", "images"))
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump({"resources": [base], "components": [labels, images]}), encoding="utf-8"
    )
    text = cluster.kubectl.run("kustomize", str(folder))
    for image in _images(cluster):
        text = text.replace(f"{image.partition(':')[0]}:dev", image)
    return [one for one in yaml.safe_load_all(text) if one]


def _images(cluster: Cluster) -> set[str]:
    """That `make deploy` has brought: the operator's own, and those that it puts into pods."""
    operator = cluster.kubectl.get("-n", SYSTEM, "deployment/churn-operator")
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    named = {one["value"] for one in container["env"] if one["name"].endswith("_IMAGE")}
    return named | {container["image"]}


def _is_of_labels(item: dict[str, Any]) -> bool:
    name = item["metadata"]["name"]
    return "labels" in name or (item["kind"], name) == _OPERATOR
