"""A pod of the tests' own that runs a Python program: as the restricted standard asks, and with few resources."""

from collections.abc import Mapping

_CONTEXT = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def plain_pod(
    metadata: Mapping[str, object], image: str, program: str, environment: Mapping[str, str] | None = None
) -> dict[str, object]:
    """It runs once; `image` is on the node already."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", program],
        "env": [{"name": name, "value": value} for name, value in (environment or {}).items()],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "securityContext": _CONTEXT,
    }
    spec = {"containers": [container], "automountServiceAccountToken": False, "restartPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
