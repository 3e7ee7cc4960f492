"""The Service that users ask; its selector never changes."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import GRPC_PORT, METRICS_PORT, REST_PORT, serving_labels, stable_selector


def build_service(model: ChurnModel) -> Manifest:
    """REST, gRPC and metrics of the stable pods."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": {
            "type": "ClusterIP",
            "selector": stable_selector(model.name),
            "ports": [
                service_port("http", REST_PORT, "http"),
                service_port("grpc", GRPC_PORT, "kubernetes.io/h2c"),
                service_port("metrics", METRICS_PORT, "http"),
            ],
        },
    }


def service_port(name: str, number: int, protocol: str) -> Manifest:
    """One port of a Service; the container's has the same name."""
    return {"name": name, "port": number, "targetPort": name, "protocol": "TCP", "appProtocol": protocol}
