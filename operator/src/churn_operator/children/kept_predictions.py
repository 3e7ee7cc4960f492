"""Serving pods that post predictions of sampled customers to the labels' process, for what is known of them later.

A pod of a revision without it is what it was, to the byte. All of it is variables, which a server from before ignores.
"""

from churn_operator.api.manifest import Manifest
from churn_operator.names import LABELS_SECRET, TELLS_LABELS_LABEL
from churn_operator.observe.record import Record

_FOLDER = "/var/run/churnserve/labels"
_KEY = "predictions-token"
_MOUNT: Manifest = {"name": "labels-token", "mountPath": _FOLDER, "readOnly": True}
_VOLUME: Manifest = {
    "name": "labels-token",
    # Optional: a Secret that is not there must cost predictions, not a pod's start. It may come later.
    "secret": {"secretName": LABELS_SECRET, "items": [{"key": _KEY, "path": _KEY}], "optional": True},
}


def with_kept_predictions(template: Manifest, record: Record) -> Manifest:
    """The template of serving pods, with what posting needs where the record's revision posts."""
    predictions = record.configuration.predictions
    if predictions is None:
        return template
    metadata, pod = template["metadata"], template["spec"]
    (server,) = pod["containers"]
    variables = {
        "CHURN_LABELS_URL": predictions.url,
        "CHURN_LABELS_SAMPLE": str(predictions.share),
        "CHURN_LABELS_CUSTOMER": predictions.customer,
        "CHURN_LABELS_MODEL": record.bundle.model,
        "CHURN_LABELS_TOKEN_FILE": f"{_FOLDER}/{_KEY}",
    }
    posting = {
        **server,
        "env": [*server["env"], *({"name": name, "value": value} for name, value in variables.items())],
        "volumeMounts": [*server["volumeMounts"], _MOUNT],
    }
    return {
        "metadata": {**metadata, "labels": metadata["labels"] | {TELLS_LABELS_LABEL: "true"}},
        "spec": {**pod, "containers": [posting], "volumes": [*pod["volumes"], _VOLUME]},
    }
