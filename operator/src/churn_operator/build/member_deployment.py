"""The Deployment of one member of a distributed ensemble, of one revision: another revision has another Deployment.

So the members of two revisions stand side by side while the serving pods move from one to the other.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.spec import Members
from churn_operator.build.duration import seconds
from churn_operator.build.manifest import Manifest, metadata
from churn_operator.build.serving_pod import fetch_container, server_container, serving_pod
from churn_operator.decide.fan_out import FanOut
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    DIGEST_ANNOTATION,
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
    of_member = {MEMBER_LABEL: member, REVISION_LABEL: revision.identifier}
    labels = member_labels(model.name) | of_member
    selector = member_selector(model.name, member, revision.identifier)
    server = server_container(model.name, revision, fan_out.resources, ["--member", member])
    template = {
        "metadata": {"labels": labels, "annotations": {DIGEST_ANNOTATION: revision.digest}},
        "spec": serving_pod(model.name, selector, fetch_container(revision, tracking_uri), server),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, member_name(model.name, member, revision.identifier), labels),
        "spec": {
            "replicas": (model.spec.serving.members or Members()).replicas,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "minReadySeconds": 2,
            "progressDeadlineSeconds": seconds(model.spec.rollout.progress_deadline),
            "revisionHistoryLimit": 2,
            "template": template,
        },
    }
