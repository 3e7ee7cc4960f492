"""Why a pod cannot get ready, read from the statuses of the containers that fetch, serve and score a topic.

Other containers, such as an injected sidecar, say nothing about the version.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from churn_models.errors import BundleError, RegistryError
from churn_models.exit_code import ExitCode

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import Reason
from churn_operator.names import FETCH_CONTAINER, SERVING_CONTAINER, STREAM_CONTAINER

_NAMED_ERROR = re.compile(r"error \((\w+)\): (.*)", re.DOTALL)
# Images of v0.1 end with 1 whatever it was, and name the class of the error alone.
_BUNDLE_CLASSES = frozenset({BundleError.__name__, *(kind.__name__ for kind in BundleError.__subclasses__())})
_REGISTRY_CLASSES = frozenset({RegistryError.__name__, *(kind.__name__ for kind in RegistryError.__subclasses__())})
_UNAVAILABLE_CLASSES = _REGISTRY_CLASSES | {"MembersUnreachable"}
_JUDGED = (FETCH_CONTAINER, SERVING_CONTAINER, STREAM_CONTAINER)


@dataclass(frozen=True)
class PodFailure:
    """Why a pod of a revision cannot get ready, and how often it has tried."""

    reason: Reason
    message: str
    ends: int = 1
    """How often the container has ended so."""


def find_failure(pods: Iterable[Manifest]) -> PodFailure | None:
    """The gravest failure among the pods: a bundle that is bad, else the container that ended most often."""
    found = [failure for pod in pods if not is_ready(pod) for failure in _failures(pod)]
    bad = (failure for failure in found if failure.reason is Reason.BUNDLE_REJECTED)
    return next(bad, None) or max(found, key=lambda failure: failure.ends, default=None)


def is_ready(pod: Manifest) -> bool:
    """Whether the pod's condition Ready is true."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def ready_since(pod: Manifest) -> str:
    """When it got ready; empty while it is not."""
    conditions = pod.get("status", {}).get("conditions", [])
    since = (one.get("lastTransitionTime") for one in conditions if one["type"] == "Ready" and one["status"] == "True")
    return next(since, None) or ""


def has_ended(pod: Manifest) -> bool:
    """Whether none of its containers will run again: it was evicted, or its node shut down. It counts for nothing."""
    return pod.get("status", {}).get("phase") in ("Failed", "Succeeded")


def container_statuses(pod: Manifest) -> Iterator[Manifest]:
    """Of its init containers first, as they run."""
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def lacks_what_it_needs(pod: Manifest) -> bool:
    """Whether the pod ended last because MLflow or a member did not give what it needs: no fault of the version."""
    return any(_is_unavailable(status) for status in container_statuses(pod) if status["name"] in _JUDGED)


def _failures(pod: Manifest) -> Iterator[PodFailure]:
    for status in container_statuses(pod):
        if status["name"] in _JUDGED and (failure := _failure(pod["metadata"]["name"], status)):
            yield failure


def _failure(pod: str, status: Manifest) -> PodFailure | None:
    ended = _last_end(status)
    if ended is None or ended.get("exitCode", 0) == 0 or _is_unavailable(status):
        return None
    message = ended.get("message", "")
    named = _NAMED_ERROR.search(message)
    restarts = status.get("restartCount", 0)
    if ended["exitCode"] == ExitCode.BUNDLE_FAULT or (named and named[1] in _BUNDLE_CLASSES):
        text = f"{named[1]}: {named[2].strip()}" if named else message.strip()
        return PodFailure(Reason.BUNDLE_REJECTED, text, restarts)
    tail = message.strip().splitlines()[-1:] or [ended.get("reason", "")]
    text = f"{status['name']} of {pod} ended {restarts} times, last with {tail[0]}"
    return PodFailure(Reason.CRASHING, text, restarts)


def _is_unavailable(status: Manifest) -> bool:
    ended = _last_end(status)
    if ended is None or ended.get("exitCode", 0) == 0:
        return False
    named = _NAMED_ERROR.search(ended.get("message", ""))
    return ended["exitCode"] == ExitCode.UNAVAILABLE or (named is not None and named[1] in _UNAVAILABLE_CLASSES)


def _last_end(status: Manifest) -> Manifest | None:
    for moment in ("state", "lastState"):
        if ended := (status.get(moment) or {}).get("terminated"):
            result: Manifest = ended
            return result
    return None
