"""How far a serving or a member's Deployment has come: `gather` reads it, the rules judge it."""

from dataclasses import dataclass

from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL
from churn_operator.observe.late import seconds_left
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
    failure: PodFailure | None = None
    """Why a pod cannot get ready; how much of it makes the revision bad is for the rules to say."""
    pending: str | None = None
    """Why pods cannot start, though it is not the revision's fault."""
    seconds_left: float | None = None
    """Until the rollout's deadline counts against the revision; None while nothing says that it will."""
    wanted_pods: int = 1


def read_deployment(deployment: Manifest, pods: list[Manifest], now: str) -> Deployed:
    """Of the Deployment and those of the pods that are of its template's revision."""
    revision = template_revision(deployment)
    ours = [pod for pod in pods if pod["metadata"].get("labels", {}).get(REVISION_LABEL) == revision]
    return Deployed(
        revision=revision,
        rolled_out=is_rolled_out(deployment),
        no_other_revision=_has_no_other_revision(deployment),
        ready_pods=sum(map(is_ready, ours)),
        failure=find_failure(ours),
        pending=find_pending(deployment, ours),
        seconds_left=seconds_left(deployment, ours, now) if _is_current(deployment) else None,
        wanted_pods=deployment["spec"].get("replicas", 1),
    )


def template_revision(deployment: Manifest) -> str:
    """The revision that the template names."""
    labels = deployment["spec"]["template"]["metadata"].get("labels") or {}
    return str(labels.get(REVISION_LABEL, ""))


def is_rolled_out(deployment: Manifest) -> bool:
    """Whether every pod that is wanted is there, of the template, and ready; of a StatefulSet just so."""
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
