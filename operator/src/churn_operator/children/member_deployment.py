"""The Deployment of one member of a distributed ensemble, of one revision: another revision has another Deployment.

So the members of two revisions stand side by side while the serving pods move from one to the other.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.spec import Members
from churn_operator.children.rolling_deployment import PodSet, rolling_deployment
from churn_operator.children.serving_pod import server_container
from churn_operator.decide.fan_out import FanOut
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    MEMBER_LABEL,
    REVISION_LABEL,
    member_labels,
    member_name,
    member_selector,
)


def build_member_deployment(
    model: ChurnModel, revision: Revision, fan_out: FanOut, member: str, tracking_uri: str
) -> Manifest:
    """Its pods serve the member alone, under the bundle's digest as the version."""
    labels = member_labels(model.name) | {MEMBER_LABEL: member, REVISION_LABEL: revision.identifier}
    pods = PodSet(
        name=member_name(model.name, member, revision.identifier),
        labels=labels,
        pod_labels=labels,
        selector=member_selector(model.name, member, revision.identifier),
    )
    server = server_container(model.name, revision, fan_out.resources, ["--member", member])
    deployment = rolling_deployment(model, revision, pods, server, tracking_uri)
    deployment["spec"]["replicas"] = (model.spec.serving.members or Members()).replicas
    return deployment
