"""The ServiceAccount of serving and training pods: an identity without any right and without a token."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import serving_labels


def build_service_account(model: ChurnModel) -> Manifest:
    """One per ChurnModel."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "automountServiceAccountToken": False,
    }
