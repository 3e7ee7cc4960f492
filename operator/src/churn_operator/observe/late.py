"""When a rollout's deadline says that the version is bad, and when it will say so."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from churn_operator.api.manifest import Manifest
from churn_operator.names import DRIFT_CONTAINER, FETCH_CONTAINER, SERVING_CONTAINER
from churn_operator.observe.pod_failure import container_statuses, is_ready, lacks_what_it_needs
from churn_operator.observe.watching import lacks_its_sidecar_alone


def seconds_left(deployment: Manifest, pods: Iterable[Manifest], now: str) -> float | None:
    """Until the deadline counts against the version, 0 or less once it does; None while nothing says that it will.

    Kubernetes must have found the Deployment late, and a pod that is not ready must have had all that time since its
    server could begin. Kubernetes counts the time in which a pod waits for room, an image or MLflow, too. Of a paused
    Deployment it counts none: there the pods' own time is all there is.
    """
    if lateness(deployment) is None and not deployment["spec"].get("paused"):
        return None
    allowed: float = deployment["spec"]["progressDeadlineSeconds"]
    begun = [moment for pod in filter(_is_late, pods) if (moment := _server_could_begin(pod))]
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


def is_moment(text: str) -> bool:
    """Whether seconds can be counted from it: what pods say, and what anybody may edit, is asked first."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def seconds_between(earlier: str, later: str) -> float:
    """Between two times as Kubernetes writes them."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _is_late(pod: Manifest) -> bool:
    """Whether its server has to get ready: neither it nor what it needs is there."""
    return not (is_ready(pod) or lacks_what_it_needs(pod) or lacks_its_sidecar_alone(pod))


def _server_could_begin(pod: Manifest) -> str | None:
    """When bundle and sidecar were there; in a pod that fetches none, when the server began first."""
    statuses = {status["name"]: status for status in container_statuses(pod)}
    begun = _began(statuses.get(SERVING_CONTAINER, {}))
    if not (fetch := statuses.get(FETCH_CONTAINER)):
        return begun
    done = (fetch.get("state") or {}).get("terminated") or {}
    if done.get("exitCode") != 0:
        return None
    fetched: str | None = done.get("finishedAt") or done.get("startedAt")
    if DRIFT_CONTAINER not in statuses:
        return fetched
    # Kubernetes starts the server once the sidecar has started, which its image may delay.
    sidecar = _began(statuses[DRIFT_CONTAINER])
    return begun or (max(fetched, sidecar) if fetched and sidecar else None)


def _began(status: Manifest) -> str | None:
    """When the container began first, as far as it is still told."""
    phases = (*(status.get("lastState") or {}).values(), *(status.get("state") or {}).values())
    return next((phase["startedAt"] for phase in phases if phase and phase.get("startedAt")), None)
