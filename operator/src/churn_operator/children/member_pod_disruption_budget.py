"""The PodDisruptionBudget over all members: a drained node takes one member's pod at a time, so a quorum stays."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.pod_disruption_budget import one_pod_less
from churn_operator.names import member_labels, members_name, members_selector


def build_member_pod_disruption_budget(model: ChurnModel) -> Manifest:
    """At most one pod less than wanted, whichever member's it is."""
    return one_pod_less(model, members_name(model.name), member_labels(model.name), members_selector(model.name))
