"""When a rollout's deadline says that the version is bad."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import Reason
from churn_operator.observe.pod_failure import PodFailure, container_statuses, is_ready


def deadline_exceeded(deployment: Manifest, pods: Iterable[Manifest], now: str) -> PodFailure | None:
    """The Deployment is late, and a pod that is not ready has had all that time since its first container began.

    Kubernetes counts the time in which a pod waits for room or an image, too, and does not begin anew after it.
    """
    message = lateness(deployment)
    if message is None:
        return None
    seconds = deployment["spec"]["progressDeadlineSeconds"]
    began = [moment for pod in pods if not is_ready(pod) for moment in _beginnings(pod)]
    if not began or (datetime.fromisoformat(now) - min(began)).total_seconds() < seconds:
        return None
    return PodFailure(Reason.PROGRESS_DEADLINE_EXCEEDED, message)


def lateness(deployment: Manifest) -> str | None:
    """What Kubernetes says of a Deployment that it found late, by its own count."""
    for condition in deployment.get("status", {}).get("conditions", []):
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return str(condition.get("message", ""))
    return None


def _beginnings(pod: Manifest) -> Iterator[datetime]:
    for status in container_statuses(pod):
        # Each holds one of waiting, running and terminated; the first has not begun.
        for phase in (*status.get("state", {}).values(), *status.get("lastState", {}).values()):
            if phase and phase.get("startedAt"):
                yield datetime.fromisoformat(phase["startedAt"])
