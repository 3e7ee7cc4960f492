"""The Service of one member of one revision: headless, because a gRPC channel balances over the pods by itself."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.children.service import service_port
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    GRPC_PORT,
    MEMBER_LABEL,
    METRICS_PORT,
    REVISION_LABEL,
    member_labels,
    member_name,
    member_selector,
)


def build_member_service(model: ChurnModel, revision: Revision, member: str) -> Manifest:
    """Its name resolves to the ready pods."""
    labels = member_labels(model.name) | {MEMBER_LABEL: member, REVISION_LABEL: revision.identifier}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(model, member_name(model.name, member, revision.identifier), labels),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "selector": member_selector(model.name, member, revision.identifier),
            "ports": [
                service_port("grpc", GRPC_PORT, "kubernetes.io/h2c"),
                service_port("metrics", METRICS_PORT, "http"),
            ],
        },
    }
