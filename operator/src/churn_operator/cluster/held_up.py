"""What in the cluster keeps pods of a Deployment or a Job from starting, which no other version would change. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from churn_operator.build.manifest import Manifest
from churn_operator.cluster.pod_failure import container_statuses, is_ready

# These pass by themselves, or are a failure, of which pod_failure tells more.
_USUAL = frozenset({"ContainerCreating", "PodInitializing", "CrashLoopBackOff"})

# Each attempt is another pod, with an ending of Kubernetes' own alphabet; the status must not change with every one.
_POD_OF_AN_ATTEMPT = re.compile(r'(pods "[^"]+)-[bcdfghjklmnpqrstvwxz2456789]{5}"')


def find_hold_up(workload: Manifest, pods: Iterable[Manifest]) -> str | None:
    """The first one, in the cluster's own words: a quota or an admission, no room, an image that cannot be had."""
    waiting = (text for pod in pods if not is_ready(pod) for text in _waiting(pod))
    return next(chain(_pods_refused(workload), waiting), None)


def find_refused_pod(events: Iterable[Manifest]) -> str | None:
    """The latest refusal of a pod among a Job's Events: its controller tells of it nowhere else."""
    refused = [event for event in events if event.get("reason") == "FailedCreate"]
    latest = max(refused, key=lambda event: event.get("lastTimestamp") or "", default=None)
    return _of_any_attempt(latest) if latest else None


def _pods_refused(workload: Manifest) -> Iterator[str]:
    for condition in workload.get("status", {}).get("conditions", []):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield _of_any_attempt(condition)


def _of_any_attempt(told: Manifest) -> str:
    return _POD_OF_AN_ATTEMPT.sub(r'\1"', str(told.get("message", "")))


def _waiting(pod: Manifest) -> Iterator[str]:
    name = pod["metadata"]["name"]
    for condition in pod.get("status", {}).get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{name}: {condition.get('message', '')}"
    for status in container_statuses(pod):
        waiting = status.get("state", {}).get("waiting", {})
        if waiting and waiting.get("reason") not in _USUAL:
            yield f"{status['name']} of {name}: {waiting.get('reason')}: {waiting.get('message', '')}"
