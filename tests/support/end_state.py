"""What a ChurnModel has led to, without what differs from one run to the next: for comparing end states."""

import json
import re
from typing import Any

from churn_operator.names import FATE_SINCE_ANNOTATION
from support.churn_model_handle import COLLECTIONS, ChurnModelHandle
from support.kube_client import Object

_OF_THE_RUN = frozenset(
    {
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "generation",
        "observedGeneration",
        "lastTransitionTime",
        "since",
        "time",
        "startTime",
        "clusterIP",
        "clusterIPs",
        "pod-template-hash",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        FATE_SINCE_ANNOTATION,
    }
)
_OF_PODS = ("labels", "annotations", "ownerReferences")


def content(child: Object) -> Object:
    """One object without its status and without what only this run has."""
    cleaned: Object = _cleaned({key: value for key, value in child.items() if key != "status"})
    return cleaned


def end_state(model: ChurnModelHandle) -> Object:
    """The status, all children and the pods; the same for two ChurnModels of a namespace that ended the same."""
    state: Object = {"status": _cleaned(model.status())}
    for kind in COLLECTIONS:
        state[kind] = [content(child) for child in model.children(kind)]
    pods = [_cleaned({part: pod["metadata"].get(part) for part in _OF_PODS}) for pod in model.pods()]
    state["pods"] = sorted(pods, key=lambda pod: json.dumps(pod, sort_keys=True))
    # The name must be one that occurs nowhere by chance. The hash covers the owner's uid.
    text = re.sub(r'"churnserve.dev/applied-hash": "[0-9a-f]+"', '"hash": ""', json.dumps(state))
    text = re.sub(r'("kind": "ReplicaSet", "name": "[^"]+)-[0-9a-f]{10}"', r'\1"', text)
    same: Object = json.loads(text.replace(model.name, "NAME"))
    return same


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items() if key not in _OF_THE_RUN}
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    return value
