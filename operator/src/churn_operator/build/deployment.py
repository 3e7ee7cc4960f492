"""The serving Deployment: an init container fetches and verifies the bundle, the server serves it read-only.

Rolling 0/1: a pod of the old revision goes only when one of the new revision has reproduced its golden rows.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.build.duration import milliseconds, seconds
from churn_operator.build.manifest import Manifest, metadata
from churn_operator.build.serving_pod import fetch_container, server_container, serving_pod
from churn_operator.decide.revision import Revision
from churn_operator.names import (
    DIGEST_ANNOTATION,
    GRPC_PORT,
    REVISION_LABEL,
    STABLE,
    TRACK_LABEL,
    member_name,
    serving_labels,
    stable_selector,
)

_DEFAULT_REPLICAS = 2


def build_deployment(model: ChurnModel, revision: Revision, tracking_uri: str) -> Manifest:
    """The Deployment that runs `revision`; without spec.replicas when an HPA sets them."""
    spec: Manifest = {
        "selector": {"matchLabels": stable_selector(model.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "minReadySeconds": 2,
        "progressDeadlineSeconds": seconds(model.spec.rollout.progress_deadline),
        "revisionHistoryLimit": 2,
        "template": _template(model, revision, tracking_uri),
    }
    if model.spec.serving.autoscaling is None:
        spec["replicas"] = model.spec.serving.replicas or _DEFAULT_REPLICAS
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": spec,
    }


def _template(model: ChurnModel, revision: Revision, tracking_uri: str) -> Manifest:
    labels = serving_labels(model.name) | {TRACK_LABEL: STABLE, REVISION_LABEL: revision.identifier}
    more = ["--model-version", revision.version, *_remote_members(model.name, revision)]
    server = server_container(model.name, revision, revision.resources, more)
    pod = serving_pod(model.name, stable_selector(model.name), fetch_container(revision, tracking_uri), server)
    return {"metadata": {"labels": labels, "annotations": {DIGEST_ANNOTATION: revision.digest}}, "spec": pod}


def _remote_members(model: str, revision: Revision) -> list[str]:
    if revision.fan_out is None:
        return []
    words = []
    for member in revision.members:
        words += ["--remote-member", f"{member}={member_name(model, member, revision.identifier)}:{GRPC_PORT}"]
    words += ["--member-deadline-ms", str(milliseconds(revision.fan_out.deadline))]
    return words if revision.fan_out.quorum is None else [*words, "--quorum", str(revision.fan_out.quorum)]
