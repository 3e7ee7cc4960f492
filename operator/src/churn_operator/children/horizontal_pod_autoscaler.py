"""The HorizontalPodAutoscaler on the server container's CPU, so that a sidecar does not count."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import SERVING_CONTAINER, serving_labels

_SCALE_UP_WINDOW_SECONDS = 45
"""Longer than a server takes to start: importing its libraries is not load."""

_SCALE_DOWN_WINDOW_SECONDS = 300


def build_horizontal_pod_autoscaler(model: ChurnModel) -> Manifest | None:
    """None without spec.serving.autoscaling."""
    wanted = model.spec.serving.autoscaling
    if wanted is None:
        return None
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": model.name},
            "minReplicas": wanted.min_replicas,
            "maxReplicas": wanted.max_replicas,
            "metrics": [cpu_of(SERVING_CONTAINER, wanted.cpu_utilization)],
            "behavior": slowly_down(),
        },
    }


def cpu_of(container: str, utilization: int) -> Manifest:
    """A metric: the container's CPU in percent of its request."""
    target = {"type": "Utilization", "averageUtilization": utilization}
    return {
        "type": "ContainerResource",
        "containerResource": {"name": "cpu", "container": container, "target": target},
    }


def slowly_down() -> Manifest:
    """Up once the load has lasted for longer than a start takes, down by one pod a minute."""
    return {
        "scaleUp": {"stabilizationWindowSeconds": _SCALE_UP_WINDOW_SECONDS},
        "scaleDown": {
            "stabilizationWindowSeconds": _SCALE_DOWN_WINDOW_SECONDS,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
        },
    }
