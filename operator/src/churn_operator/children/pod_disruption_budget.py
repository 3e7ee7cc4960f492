"""The PodDisruptionBudget: a drained node takes one serving pod at a time."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import serving_labels, stable_selector


def build_pod_disruption_budget(model: ChurnModel) -> Manifest:
    """At most one pod less than wanted; a single replica can be drained too."""
    return one_pod_less(model, model.name, serving_labels(model.name), stable_selector(model.name))


def one_pod_less(model: ChurnModel, name: str, labels: dict[str, str], selector: dict[str, str]) -> Manifest:
    """A PodDisruptionBudget that lets one of the selected pods go at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(model, name, labels),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector},
            # A model whose pods crash must not keep a node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
