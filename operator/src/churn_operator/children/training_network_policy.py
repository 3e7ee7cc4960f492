"""The NetworkPolicy of pods that search and train: nobody may ask them; they reach DNS, MLflow and their databases."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import Training
from churn_operator.children.egress import to_address, to_dns, to_mlflow
from churn_operator.children.metadata import metadata
from churn_operator.names import COMPONENT_LABEL, MODEL_LABEL, Component, training_labels, training_name
from churn_operator.settings import Settings


def build_training_network_policy(model: ChurnModel, training: Training, settings: Settings) -> Manifest:
    """One for all Jobs of the ChurnModel."""
    ways = [to_dns(settings), to_mlflow(settings), *map(to_address, training.databases)]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, training_name(model.name), training_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": {MODEL_LABEL: model.name, COMPONENT_LABEL: Component.TRAINING}},
            "policyTypes": ["Ingress", "Egress"],
            # Two databases of one server are one way out.
            "egress": [way for place, way in enumerate(ways) if way not in ways[:place]],
        },
    }
