"""The serving Deployment: a pod of the old revision goes only when one of the new has reproduced its golden rows."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.duration import milliseconds
from churn_operator.children.rolling_deployment import PodSet, rolling_deployment
from churn_operator.children.serving_pod import server_container
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    GRPC_PORT,
    REVISION_LABEL,
    TRACK_LABEL,
    Track,
    member_name,
    serving_labels,
    stable_selector,
)

_DEFAULT_REPLICAS = 2


def build_deployment(model: ChurnModel, revision: Revision, tracking_uri: str) -> Manifest:
    """The Deployment that runs `revision`; without spec.replicas when an HPA sets them."""
    labels = serving_labels(model.name)
    pods = PodSet(
        name=model.name,
        labels=labels,
        pod_labels=labels | {TRACK_LABEL: Track.STABLE.value, REVISION_LABEL: revision.identifier},
        selector=stable_selector(model.name),
    )
    extra_arguments = ["--model-version", revision.version, *_remote_members(model.name, revision)]
    server = server_container(model.name, revision, revision.resources, extra_arguments)
    deployment = rolling_deployment(model, revision, pods, server, tracking_uri)
    if model.spec.serving.autoscaling is None:
        deployment["spec"]["replicas"] = model.spec.serving.replicas or _DEFAULT_REPLICAS
    return deployment


def _remote_members(model: str, revision: Revision) -> list[str]:
    if revision.fan_out is None:
        return []
    words = []
    for member in revision.members:
        words += ["--remote-member", f"{member}={member_name(model, member, revision.identifier)}:{GRPC_PORT}"]
    words += ["--member-deadline-ms", str(milliseconds(revision.fan_out.deadline))]
    return words if revision.fan_out.quorum is None else [*words, "--quorum", str(revision.fan_out.quorum)]
