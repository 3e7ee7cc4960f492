"""What every pod of ours has in common: the restricted security profile, and no more rights than it uses."""

from churn_operator.api.manifest import Manifest
from churn_operator.api.resources import ComputeResources

_CONTAINER_SECURITY: Manifest = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

TEMPORARY_VOLUME: Manifest = {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}
TEMPORARY_MOUNT: Manifest = {"name": "tmp", "mountPath": "/tmp"}
HOME: list[Manifest] = [{"name": "HOME", "value": "/tmp"}]
"""Libraries write caches to the home folder; the root is read-only."""


def restricted_pod(service_account: str) -> Manifest:
    """A pod's spec without containers and volumes: no token, no rights. `finished` says as which user it runs."""
    return {
        "serviceAccountName": service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }


def restricted_container(name: str, image: str, wanted: ComputeResources) -> Manifest:
    """A container's spec without arguments, environment and mounts; its last words become its termination message."""
    return {
        "name": name,
        "image": image,
        "resources": _resources(wanted),
        "securityContext": _CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _resources(wanted: ComputeResources) -> Manifest:
    """Memory is limited; CPU only where it is asked for: an idle core should be used."""
    limits = {"memory": wanted.memory} | ({"cpu": wanted.cpu_limit} if wanted.cpu_limit else {})
    return {"requests": {"cpu": wanted.cpu, "memory": wanted.memory}, "limits": limits}


def secret_variable(name: str, secret: str, key: str) -> Manifest:
    """An environment variable that the kubelet fills from a Secret; the operator never reads it."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def mlflow_environment(tracking_uri: str, secret: str) -> list[Manifest]:
    """How our command lines reach MLflow."""
    return [
        {"name": "MLFLOW_TRACKING_URI", "value": tracking_uri},
        secret_variable("MLFLOW_TRACKING_USERNAME", secret, "username"),
        secret_variable("MLFLOW_TRACKING_PASSWORD", secret, "password"),
    ]
