"""The pod of a server, whatever it serves: an init container fetches and verifies the bundle, read-only afterwards.

Used for the serving pods and for those of members in Deployments of their own; pods that score tables or topics fetch
as they do.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.api.resources import ComputeResources
from churn_operator.children.literal import literal
from churn_operator.children.pod import (
    HOME,
    TEMPORARY_MOUNT,
    TEMPORARY_VOLUME,
    mlflow_environment,
    restricted_container,
    restricted_pod,
)
from churn_operator.names import (
    FETCH_CONTAINER,
    GRPC_PORT,
    METRICS_PORT,
    MLFLOW_SECRET,
    REST_PORT,
    SERVING_CONTAINER,
    peers_name,
)
from churn_operator.observe.record import Record

_BUNDLE = "/bundle"
BUNDLE_FILES = f"{_BUNDLE}/files"
BUNDLE_MOUNT: Manifest = {"name": "bundle", "mountPath": _BUNDLE}
POD_VOLUMES: list[Manifest] = [{"name": "bundle", "emptyDir": {"sizeLimit": "2Gi"}}, TEMPORARY_VOLUME]
_PRE_STOP_SECONDS = 10
_GRACE_SECONDS = 45
_FETCH_SECONDS = 60
_SHORTEST_START_SECONDS = 120
# A pod requests the largest of its init and main containers' requests; this stays below the smallest server's.
_FETCH_RESOURCES = ComputeResources(cpu="50m", memory="256Mi")


def serving_pod(service_account: str, selector: dict[str, str], init: Manifest, server: Manifest) -> Manifest:
    """The pod's spec: it is given time to answer what it has been asked."""
    return {
        **spread_pod(service_account, selector, init, server),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
    }


def spread_pod(service_account: str, selector: dict[str, str], init: Manifest, container: Manifest) -> Manifest:
    """The spec of a pod that holds a bundle; pods of one selector spread over the nodes where they can."""
    return {
        **restricted_pod(service_account),
        "initContainers": [init],
        "containers": [container],
        "volumes": POD_VOLUMES,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector},
            }
        ],
    }


def fetch_container(model: ChurnModel, record: Record, tracking_uri: str) -> Manifest:
    """The init container, the only one that reaches MLflow; while it cannot, it asks pods that have the bundle."""
    return {
        **restricted_container(FETCH_CONTAINER, record.configuration.image, _FETCH_RESOURCES),
        "args": literal(
            [
                "fetch",
                "--source",
                f"models:/{record.bundle.model}/{record.bundle.version}",
                "--digest",
                record.bundle.digest,
                "--to",
                BUNDLE_FILES,
                *_peers(model, record),
            ]
        ),
        "env": [*HOME, *mlflow_environment(tracking_uri, MLFLOW_SECRET)],
        "volumeMounts": [BUNDLE_MOUNT, TEMPORARY_MOUNT],
    }


def _peers(model: ChurnModel, record: Record) -> list[str]:
    if record.lacks_templates:
        # Its image is of v0.1, which knows neither argument.
        return []
    # It has to end, and say why, before the pod counts as late.
    wait = min(_FETCH_SECONDS, seconds(model.spec.rollout.progress_deadline) // 2)
    return ["--peers", f"{peers_name(model.name)}:{METRICS_PORT}", "--wait-seconds", str(wait)]


def server_container(model: str, record: Record, resources: ComputeResources, extra_arguments: list[str]) -> Manifest:
    """The server; `extra_arguments` select what is served: one member, or the ensemble with remote members."""
    return {
        **restricted_container(SERVING_CONTAINER, record.configuration.image, resources),
        "args": literal(
            ["serve", "--bundle", BUNDLE_FILES, "--digest", record.bundle.digest, "--name", model, *extra_arguments]
        ),
        "env": HOME,
        "ports": [
            {"name": "http", "containerPort": REST_PORT, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": http_probe("/v2/health/ready", "http", period=5, failures=2),
        "livenessProbe": http_probe("/v2/health/live", "http", period=10, failures=6),
        # Endpoints are withdrawn while the pod still answers: removal and SIGTERM race otherwise.
        "lifecycle": {"preStop": {"sleep": {"seconds": _PRE_STOP_SECONDS}}},
        "volumeMounts": [{**BUNDLE_MOUNT, "readOnly": True}, TEMPORARY_MOUNT],
    }


def startup_probe(deadline_seconds: int) -> Manifest:
    """A server may take as long to start as its rollout may: killed before, it would count as crashing."""
    return http_probe("/v2/health/ready", "http", period=1, failures=max(_SHORTEST_START_SECONDS, deadline_seconds))


def http_probe(path: str, port: str, period: int, failures: int) -> Manifest:
    """A question of the kubelet on a port by its name, every `period` seconds."""
    return {
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
