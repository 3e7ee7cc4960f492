"""Why pods cannot start for reasons outside the model version: quota, admission, scheduling, image pull,
a drift sidecar that does not run.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from churn_operator.api.manifest import Manifest
from churn_operator.names import DRIFT_CONTAINER
from churn_operator.observe.pod_failure import container_statuses, is_ready

# These pass by themselves, or are a failure, of which pod_failure tells more.
_USUAL = frozenset({"ContainerCreating", "PodInitializing", "CrashLoopBackOff"})

# Every retry creates a pod with a new random suffix. Strip it, or each retry would rewrite the status.
_RANDOM_SUFFIX = re.compile(r'(pods "[^"]+)-[bcdfghjklmnpqrstvwxz2456789]{5}"')


def find_pending(workload: Manifest, pods: Iterable[Manifest]) -> str | None:
    """The first one, in the cluster's own words: a quota or an admission, no room, an image that cannot be had."""
    waiting = (text for pod in pods if not is_ready(pod) for text in _waiting(pod))
    return next(chain(_pods_denied(workload), waiting), None)


def find_denied_pod(events: Iterable[Manifest]) -> str | None:
    """The latest denial of a pod among a Job's Events: its controller tells of it nowhere else."""
    denied = [event for event in events if event.get("reason") == "FailedCreate"]
    latest = max(denied, key=lambda event: event.get("lastTimestamp") or "", default=None)
    return _without_suffix(latest) if latest else None


def _pods_denied(workload: Manifest) -> Iterator[str]:
    for condition in workload.get("status", {}).get("conditions", []):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield _without_suffix(condition)


def _without_suffix(told: Manifest) -> str:
    return _RANDOM_SUFFIX.sub(r'\1"', str(told.get("message", "")))


def _waiting(pod: Manifest) -> Iterator[str]:
    name = pod["metadata"]["name"]
    for condition in pod.get("status", {}).get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{name}: {condition.get('message', '')}"
    for status in container_statuses(pod):
        waiting = status.get("state", {}).get("waiting", {})
        if waiting and waiting.get("reason") not in _usual(status["name"]):
            yield f"{status['name']} of {name}: {waiting.get('reason')}: {waiting.get('message', '')}"


def _usual(container: str) -> frozenset[str]:
    """A drift sidecar that crashes is no failure of the version; it holds the pod up."""
    return _USUAL - {"CrashLoopBackOff"} if container == DRIFT_CONTAINER else _USUAL
