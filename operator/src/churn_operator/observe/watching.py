"""Whether the drift sidecar of a pod runs, and why not: what `read_sidecar_pods` notes of every pod.

A sidecar that crashed, was killed for its memory, or whose image cannot be had is never the version's fault: users get
their answers as before, and nobody sees what they ask. While a native sidecar does not run, Kubernetes calls its pod
not ready, so whoever judges a pod that is not ready asks here first.
"""

from churn_operator.api.manifest import Manifest
from churn_operator.names import DRIFT_CONTAINER, SERVING_CONTAINER
from churn_operator.observe.pod_failure import container_statuses, is_ready

_STARTS = frozenset({"ContainerCreating", "PodInitializing"})


def has_sidecar(pod: Manifest) -> bool:
    """Whether it was made with one."""
    return any(container["name"] == DRIFT_CONTAINER for container in pod.get("spec", {}).get("initContainers") or [])


def why_unwatched(pod: Manifest) -> str:
    """In a sentence; empty where the sidecar runs, is about to, or is not there."""
    status = _status(pod, DRIFT_CONTAINER)
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    if not ended and (not waiting or waiting.get("reason") in _STARTS):
        return ""
    last = ended or (status.get("lastState") or {}).get("terminated") or {}
    words = [waiting.get("reason", ""), last.get("reason", ""), _last_line(last) or waiting.get("message", "")]
    told = ": ".join(word for word in words if word)
    times = status.get("restartCount", 0)
    return f"the drift sidecar of {pod['metadata']['name']} does not run ({told}; started again {times} times)"


def lacks_its_sidecar_alone(pod: Manifest) -> bool:
    """Whether its server is ready, and the pod is not because its sidecar does not run."""
    server = _status(pod, SERVING_CONTAINER)
    return not is_ready(pod) and bool(server.get("ready")) and bool(why_unwatched(pod))


def _status(pod: Manifest, container: str) -> Manifest:
    return next((status for status in container_statuses(pod) if status["name"] == container), {})


def _last_line(ended: Manifest) -> str:
    return next(iter(str(ended.get("message", "")).strip().splitlines()[-1:]), "")
