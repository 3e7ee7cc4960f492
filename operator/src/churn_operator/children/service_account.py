"""The ServiceAccount of serving and training pods: an identity without any right and without a token.

It is the one child that always exists, so it keeps the ledger of digests and where the audit chain ends, too.
"""

import json

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import LEDGER_ANNOTATION, SEGMENT_ANNOTATION, serving_labels


def build_service_account(model: ChurnModel, ledger: dict[str, str], segment: int) -> Manifest:
    """One per ChurnModel. A chain of one ConfigMap is found without being told."""
    about = metadata(model, model.name, serving_labels(model.name))
    kept = {LEDGER_ANNOTATION: json.dumps(ledger)} if ledger else {}
    kept |= {SEGMENT_ANNOTATION: str(segment)} if segment > 1 else {}
    if kept:
        about["annotations"] = kept
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": about,
        "automountServiceAccountToken": False,
    }
