"""The NetworkPolicy of a training Job's pods: nobody may ask them; they reach DNS, MLflow and their database."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.database import is_database
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import Training
from churn_operator.children.egress import to_address, to_dns, to_mlflow
from churn_operator.children.metadata import metadata
from churn_operator.names import COMPONENT_LABEL, MODEL_LABEL, Component, training_labels, training_name
from churn_operator.settings import Settings


def build_training_network_policy(model: ChurnModel, training: Training, settings: Settings) -> Manifest:
    """One for all Jobs of the ChurnModel."""
    database = [to_address(training.dataset)] if is_database(training.dataset) else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, training_name(model.name), training_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": {MODEL_LABEL: model.name, COMPONENT_LABEL: Component.TRAINING}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [to_dns(settings), to_mlflow(settings), *database],
        },
    }
