"""The Service of one member of one revision: headless, because a gRPC channel balances over the pods by itself."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.children.service import service_port
from churn_operator.names import (
    GRPC_PORT,
    MEMBER_LABEL,
    METRICS_PORT,
    REVISION_LABEL,
    member_labels,
    member_name,
    member_selector,
)
from churn_operator.observe.record import Record


def build_member_service(model: ChurnModel, record: Record, member: str) -> Manifest:
    """Its name resolves to the ready pods."""
    labels = member_labels(model.name) | {MEMBER_LABEL: member, REVISION_LABEL: record.identifier}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(model, member_name(model.name, member, record.identifier), labels),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "selector": member_selector(model.name, member, record.identifier),
            "ports": [
                service_port("grpc", GRPC_PORT, "kubernetes.io/h2c"),
                service_port("metrics", METRICS_PORT, "http"),
            ],
        },
    }
