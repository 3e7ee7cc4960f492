"""How far a serving or a member's Deployment has come: `gather` reads it, the rules judge it."""

from dataclasses import dataclass

from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL
from churn_operator.observe.late import deadline_exceeded, lateness
from churn_operator.observe.pending import find_pending
from churn_operator.observe.pod_failure import PodFailure, find_failure, is_ready


@dataclass(frozen=True)
class Deployed:
    """Which revision a Deployment's template names, and how far that has come."""

    revision: str
    rolled_out: bool
    """Every pod is of this revision, ready, and there are as many as wanted."""
    no_other_revision: bool
    """No pod of another revision is left."""
    ready_pods: int
    """Ready pods of this revision."""
    failure: PodFailure | None
    pending: str | None = None
    """Why pods cannot start, though it is not the revision's fault."""
    overdue: bool = False
    """The deadline has passed by Kubernetes' count, which includes the time in which pods were pending."""


def read_deployment(deployment: Manifest, pods: list[Manifest], now: str) -> Deployed:
    """Of the Deployment and those of the pods that are of its template's revision."""
    revision = deployment["spec"]["template"]["metadata"]["labels"].get(REVISION_LABEL, "")
    ours = [pod for pod in pods if pod["metadata"].get("labels", {}).get(REVISION_LABEL) == revision]
    late = deadline_exceeded(deployment, ours, now) if _is_current(deployment) else None
    return Deployed(
        revision=revision,
        rolled_out=_is_rolled_out(deployment),
        no_other_revision=_has_no_other_revision(deployment),
        ready_pods=sum(map(is_ready, ours)),
        failure=find_failure(ours) or late,
        pending=find_pending(deployment, ours),
        overdue=lateness(deployment) is not None,
    )


def _is_rolled_out(deployment: Manifest) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    return _is_current(deployment) and wanted > 0 and all(count == wanted for count in counts)


def _has_no_other_revision(deployment: Manifest) -> bool:
    status = deployment.get("status", {})
    return _is_current(deployment) and status.get("updatedReplicas", 0) == status.get("replicas", 0)


def _is_current(deployment: Manifest) -> bool:
    seen: int = deployment.get("status", {}).get("observedGeneration", 0)
    wanted: int = deployment["metadata"]["generation"]
    return seen >= wanted
