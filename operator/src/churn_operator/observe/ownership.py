"""Whose an object is: only what the ChurnModel controls, by uid, is ours to touch."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest

_TEMPLATE_HASH_LABEL = "pod-template-hash"


def owned_by(live: Manifest, model: ChurnModel) -> bool:
    """Whether this very ChurnModel, not an earlier one of its name, controls the object."""
    owners = live["metadata"].get("ownerReferences", [])
    return any(owner.get("controller") and owner["uid"] == model.uid for owner in owners)


def is_worker_of(pod: Manifest, stateful_set: Manifest) -> bool:
    """Whether this very StatefulSet controls the pod."""
    owners = pod["metadata"].get("ownerReferences") or []
    return any(one.get("controller") and one["uid"] == stateful_set["metadata"]["uid"] for one in owners)


def made_by(pod: Manifest, deployment: str) -> bool:
    """Whether a ReplicaSet of the Deployment of this name controls the pod; its labels are soon copied, to debug.

    Kubernetes names a ReplicaSet after its Deployment and the hash that its pods carry; the operator reads none.
    """
    metadata = pod["metadata"]
    name = f"{deployment}-{(metadata.get('labels') or {}).get(_TEMPLATE_HASH_LABEL)}"
    owners = metadata.get("ownerReferences") or []
    return any(one.get("controller") and (one["kind"], one["name"]) == ("ReplicaSet", name) for one in owners)
