"""The Deployment of one member of a distributed ensemble, of one revision: another revision has another Deployment.

So the members of two revisions stand side by side while the serving pods move from one to the other.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.serving import Members
from churn_operator.children.rolling_deployment import PodSet, pod_template, rolling_deployment
from churn_operator.children.serving_pod import server_container
from churn_operator.names import (
    MEMBER_LABEL,
    REVISION_LABEL,
    member_labels,
    member_name,
    member_selector,
)
from churn_operator.observe.record import Record
from churn_operator.settings import Settings


def build_member_deployment(model: ChurnModel, record: Record, member: str) -> Manifest:
    """Its pods serve the member alone, under the bundle's digest as the version."""
    deployment = rolling_deployment(model, _member_pods(model, record, member), record.templates.members[member])
    deployment["spec"]["replicas"] = (model.spec.serving.members or Members()).replicas
    return deployment


def member_template(model: ChurnModel, record: Record, member: str, settings: Settings) -> Manifest:
    """For its record."""
    fan_out = record.configuration.fan_out
    assert fan_out is not None, "only a distributed revision has members of its own"
    server = server_container(model.name, record, fan_out.resources, ["--member", member])
    return pod_template(model, record, _member_pods(model, record, member), server, settings)


def _member_pods(model: ChurnModel, record: Record, member: str) -> PodSet:
    labels = member_labels(model.name) | {MEMBER_LABEL: member, REVISION_LABEL: record.identifier}
    return PodSet(
        name=member_name(model.name, member, record.identifier),
        labels=labels,
        pod_labels=labels,
        selector=member_selector(model.name, member, record.identifier),
    )
