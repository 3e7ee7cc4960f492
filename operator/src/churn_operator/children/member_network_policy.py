"""The NetworkPolicy of all members' pods: the model's serving pods alone may ask them, anybody may scrape them."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.egress import tcp
from churn_operator.children.metadata import metadata
from churn_operator.children.network_policy import fetching_egress
from churn_operator.names import (
    GRPC_PORT,
    METRICS_PORT,
    member_labels,
    members_name,
    members_selector,
    serving_selector,
)
from churn_operator.settings import Settings


def build_member_network_policy(model: ChurnModel, settings: Settings) -> Manifest:
    """Egress is what the init container needs."""
    asking = {"podSelector": {"matchLabels": serving_selector(model.name)}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, members_name(model.name), member_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": members_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [asking], "ports": [tcp(GRPC_PORT)]}, {"ports": [tcp(METRICS_PORT)]}],
            "egress": fetching_egress(model, settings),
        },
    }
