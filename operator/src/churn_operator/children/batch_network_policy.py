"""The NetworkPolicy of pods that score a table: nobody may ask them; they fetch a bundle and reach their databases."""

from churn_operator.api.batch import Batch
from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.egress import to_address
from churn_operator.children.metadata import metadata
from churn_operator.children.network_policy import fetching_egress
from churn_operator.names import COMPONENT_LABEL, MODEL_LABEL, Component, batch_labels, batch_name
from churn_operator.settings import Settings


def build_batch_network_policy(model: ChurnModel, batch: Batch, settings: Settings) -> Manifest:
    """One for all runs."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, batch_name(model.name), batch_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": {MODEL_LABEL: model.name, COMPONENT_LABEL: Component.BATCH}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [*fetching_egress(model, settings), *map(to_address, batch.databases)],
        },
    }
