"""The ServiceAccount of serving and training pods: an identity without any right and without a token.

It is the one child that always exists, so it keeps the ledger of digests too.
"""

import json

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import LEDGER_ANNOTATION, serving_labels


def build_service_account(model: ChurnModel, ledger: dict[str, str]) -> Manifest:
    """One per ChurnModel."""
    about = metadata(model, model.name, serving_labels(model.name))
    if ledger:
        about["annotations"] = {LEDGER_ANNOTATION: json.dumps(ledger)}
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": about,
        "automountServiceAccountToken": False,
    }
