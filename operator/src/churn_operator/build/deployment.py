"""The serving Deployment: an init container fetches and verifies the bundle, the server serves it read-only.

Rolling 0/1: a pod of the old revision goes only when one of the new revision has reproduced its golden rows.
"""

import re

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.spec import ComputeResources
from churn_operator.build.manifest import Manifest, metadata
from churn_operator.build.pod import (
    HOME,
    TEMPORARY_MOUNT,
    TEMPORARY_VOLUME,
    mlflow_environment,
    restricted_container,
    restricted_pod,
)
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    DIGEST_ANNOTATION,
    FETCH_CONTAINER,
    GRPC_PORT,
    METRICS_PORT,
    MLFLOW_SECRET,
    REST_PORT,
    REVISION_LABEL,
    SERVING_CONTAINER,
    STABLE,
    TRACK_LABEL,
    serving_labels,
    stable_selector,
)

_BUNDLE = "/bundle"
_DEFAULT_REPLICAS = 2
_PRE_STOP_SECONDS = 10
_GRACE_SECONDS = 45
_FETCH_RESOURCES = ComputeResources(cpu="100m", memory="256Mi")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def build_deployment(model: ChurnModel, revision: Revision, tracking_uri: str) -> Manifest:
    """The Deployment that runs `revision`; without spec.replicas when an HPA sets them."""
    spec: Manifest = {
        "selector": {"matchLabels": stable_selector(model.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "minReadySeconds": 2,
        "progressDeadlineSeconds": _seconds(model.spec.rollout.progress_deadline),
        "revisionHistoryLimit": 2,
        "template": _template(model, revision, tracking_uri),
    }
    if model.spec.serving.autoscaling is None:
        spec["replicas"] = model.spec.serving.replicas or _DEFAULT_REPLICAS
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": spec,
    }


def _template(model: ChurnModel, revision: Revision, tracking_uri: str) -> Manifest:
    labels = serving_labels(model.name) | {TRACK_LABEL: STABLE, REVISION_LABEL: revision.identifier}
    return {
        "metadata": {"labels": labels, "annotations": {DIGEST_ANNOTATION: revision.digest}},
        "spec": {
            **restricted_pod(model.name),
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            "initContainers": [_fetch_container(revision, tracking_uri)],
            "containers": [_server_container(model, revision)],
            "volumes": [{"name": "bundle", "emptyDir": {"sizeLimit": "2Gi"}}, TEMPORARY_VOLUME],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": stable_selector(model.name)},
                }
            ],
        },
    }


def _fetch_container(revision: Revision, tracking_uri: str) -> Manifest:
    return {
        **restricted_container(FETCH_CONTAINER, revision.image, _FETCH_RESOURCES),
        "args": [
            "fetch",
            "--source",
            f"models:/{revision.model}/{revision.version}",
            "--digest",
            revision.digest,
            "--to",
            f"{_BUNDLE}/files",
        ],
        "env": [*HOME, *mlflow_environment(tracking_uri, MLFLOW_SECRET)],
        "volumeMounts": [{"name": "bundle", "mountPath": _BUNDLE}, TEMPORARY_MOUNT],
    }


def _server_container(model: ChurnModel, revision: Revision) -> Manifest:
    return {
        **restricted_container(SERVING_CONTAINER, revision.image, revision.resources),
        "args": [
            "serve",
            "--bundle",
            f"{_BUNDLE}/files",
            "--digest",
            revision.digest,
            "--name",
            model.name,
            "--model-version",
            revision.version,
        ],
        "env": HOME,
        "ports": [
            {"name": "http", "containerPort": REST_PORT, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "startupProbe": _probe("/v2/health/ready", period=2, failures=60),
        "readinessProbe": _probe("/v2/health/ready", period=5, failures=2),
        "livenessProbe": _probe("/v2/health/live", period=10, failures=6),
        # Endpoints are withdrawn while the pod still answers: removal and SIGTERM race otherwise.
        "lifecycle": {"preStop": {"sleep": {"seconds": _PRE_STOP_SECONDS}}},
        "volumeMounts": [{"name": "bundle", "mountPath": _BUNDLE, "readOnly": True}, TEMPORARY_MOUNT],
    }


def _probe(path: str, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _seconds(duration: str) -> int:
    matched = re.fullmatch(r"([0-9]+)(s|m|h)", duration)
    assert matched, "the CRD lets no other duration pass"
    return int(matched[1]) * _SECONDS[matched[2]]
