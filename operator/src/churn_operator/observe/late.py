"""When a rollout's deadline says that the version is bad, and when it will say so."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from churn_operator.api.manifest import Manifest
from churn_operator.names import FETCH_CONTAINER, SERVING_CONTAINER
from churn_operator.observe.pod_failure import container_statuses, is_ready, lacks_what_it_needs


def seconds_left(deployment: Manifest, pods: Iterable[Manifest], now: str) -> float | None:
    """Until the deadline counts against the version, 0 or less once it does; None while nothing says that it will.

    Kubernetes must have found the Deployment late, and a pod that is not ready must have had all that time since its
    server could begin. Kubernetes counts the time in which a pod waits for room, an image or MLflow, too. Of a paused
    Deployment it counts none: there the pods' own time is all there is.
    """
    if lateness(deployment) is None and not deployment["spec"].get("paused"):
        return None
    allowed: float = deployment["spec"]["progressDeadlineSeconds"]
    waiting = (pod for pod in pods if not is_ready(pod) and not lacks_what_it_needs(pod))
    begun = [moment for pod in waiting if (moment := _server_could_begin(pod))]
    return allowed - seconds_between(min(begun), now) if begun else None


def lateness(deployment: Manifest) -> str | None:
    """What Kubernetes says of a Deployment that it found late, by its own count."""
    for condition in deployment.get("status", {}).get("conditions", []):
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return str(condition.get("message", ""))
    return None


def after(moment: str, seconds: float) -> str:
    """So many seconds later, as Kubernetes writes it."""
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_between(earlier: str, later: str) -> float:
    """Between two times as Kubernetes writes them."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _server_could_begin(pod: Manifest) -> str | None:
    """When the bundle was there; in a pod that fetches none, when the server began first."""
    statuses = {status["name"]: status for status in container_statuses(pod)}
    if fetch := statuses.get(FETCH_CONTAINER):
        done = (fetch.get("state") or {}).get("terminated") or {}
        return (done.get("finishedAt") or done.get("startedAt")) if done.get("exitCode") == 0 else None
    server = statuses.get(SERVING_CONTAINER, {})
    phases = (*(server.get("lastState") or {}).values(), *(server.get("state") or {}).values())
    return next((phase["startedAt"] for phase in phases if phase and phase.get("startedAt")), None)
