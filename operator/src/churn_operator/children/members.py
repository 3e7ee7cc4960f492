"""All children of a distributed revision's members: what they share first, then each with its Service and pods."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.member_deployment import build_member_deployment
from churn_operator.children.member_network_policy import build_member_network_policy
from churn_operator.children.member_pod_disruption_budget import build_member_pod_disruption_budget
from churn_operator.children.member_service import build_member_service
from churn_operator.observe.record import Record
from churn_operator.settings import Settings


def build_members(model: ChurnModel, records: list[Record], settings: Settings) -> list[Manifest]:
    """Nothing where no revision is distributed."""
    children: list[Manifest] = []
    for record in records:
        for member in record.templates.members:
            children.append(build_member_service(model, record, member))
            children.append(build_member_deployment(model, record, member))
    if not children:
        return []
    shared = [build_member_network_policy(model, settings), build_member_pod_disruption_budget(model)]
    return [*shared, *children]
