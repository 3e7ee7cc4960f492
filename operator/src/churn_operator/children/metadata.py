"""What every child has in common: its name, labels and owner."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.names import API_VERSION


def metadata(model: ChurnModel, name: str, labels: dict[str, str]) -> Manifest:
    """Metadata of a child, owned by the ChurnModel, so that it goes when the ChurnModel goes."""
    owner = {
        "apiVersion": API_VERSION,
        "kind": "ChurnModel",
        "name": model.name,
        "uid": model.uid,
        "controller": True,
    }
    return {"name": name, "namespace": model.namespace, "labels": labels, "ownerReferences": [owner]}
