"""Why a pod cannot get ready, read from its container statuses."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import Reason

_NAMED_ERROR = re.compile(r"error \((\w+)\): (.*)", re.DOTALL)
_TRANSIENT = frozenset(
    {
        *("RegistryUnreachable", "RegistryAnswerInvalid", "RegistryUnauthorized", "RegistryForbidden", "RegistryError"),
        "MembersUnreachable",
    }
)
_CRASHES = 3


@dataclass(frozen=True)
class PodFailure:
    """Why a pod of a revision cannot get ready."""

    reason: Reason
    message: str


def find_failure(pods: Iterable[Manifest]) -> PodFailure | None:
    """The first failure among the pods: a bundle error by its name at once, any other crash when it repeats."""
    for pod in pods:
        if is_ready(pod):
            continue
        for status in container_statuses(pod):
            if failure := _failure(pod["metadata"]["name"], status):
                return failure
    return None


def is_ready(pod: Manifest) -> bool:
    """Whether the pod's condition Ready is true."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def container_statuses(pod: Manifest) -> Iterator[Manifest]:
    """Of its init containers first, as they run."""
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses", [])
    yield from status.get("containerStatuses", [])


def _failure(pod: str, status: Manifest) -> PodFailure | None:
    ended = _last_end(status)
    if ended is None or ended.get("exitCode", 0) == 0:
        return None
    message = ended.get("message", "")
    if named := _NAMED_ERROR.search(message):
        if named[1] in _TRANSIENT:
            return None
        return PodFailure(Reason.BUNDLE_REJECTED, f"{named[1]}: {named[2].strip()}")
    if status.get("restartCount", 0) < _CRASHES:
        return None
    tail = message.strip().splitlines()[-1:] or [ended.get("reason", "")]
    return PodFailure(
        Reason.CRASHING, f"{status['name']} of {pod} ended {status['restartCount']} times, last with {tail[0]}"
    )


def _last_end(status: Manifest) -> Manifest | None:
    for moment in ("state", "lastState"):
        if ended := status.get(moment, {}).get("terminated"):
            result: Manifest = ended
            return result
    return None
