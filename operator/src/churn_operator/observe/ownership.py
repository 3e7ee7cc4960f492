"""Whose an object is: only what the ChurnModel controls, by uid, is ours to touch."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest


def owned_by(live: Manifest, model: ChurnModel) -> bool:
    """Whether this very ChurnModel, not an earlier one of its name, controls the object."""
    owners = live["metadata"].get("ownerReferences", [])
    return any(owner.get("controller") and owner["uid"] == model.uid for owner in owners)
