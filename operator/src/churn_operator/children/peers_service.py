"""The headless Service by which a pod that cannot reach MLflow finds pods of its model that have the bundle already."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.children.service import service_port
from churn_operator.names import METRICS_PORT, peers_name, serving_labels, serving_selector


def build_peers_service(model: ChurnModel) -> Manifest:
    """Its name resolves to every serving pod, of whatever revision: who has not the digest says so."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(model, peers_name(model.name), serving_labels(model.name)),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            # A serving pod that waits for a member is not Ready, and may be the only one that has the member's bundle.
            "publishNotReadyAddresses": True,
            "selector": serving_selector(model.name),
            "ports": [service_port("metrics", METRICS_PORT, "http")],
        },
    }
