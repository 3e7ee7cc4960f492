"""The status that a kubelet, and the Job controller, would write; used by the fake kubelet."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from support.kube_client import Object


class Ending(StrEnum):
    """What becomes of a pod's containers."""

    READY = "ready"
    STARTING = "starting"  # never ready, nothing wrong yet
    NO_ROOM = "no room"  # never scheduled; the message is the scheduler's
    INIT_FAILS = "init fails"  # the init container ends non-zero with the message, again and again
    SIDECAR_CRASHES = "sidecar crashes"  # the native sidecar ends again and again, the server is ready
    CRASHES = "crashes"  # the main container ends non-zero with the message, again and again


@dataclass(frozen=True)
class Fate:
    """How the pods of a template end; `message` is the termination message, or the scheduler's."""

    ending: Ending = Ending.READY
    message: str = ""
    exit_code: int = 1
    restarts: int = 6
    starts_in: float = 0.0
    """Seconds from its creation until a pod that ends as READY is ready; longer than the operator needs to see it."""
    ready_for: float = 60.0
    """Seconds that a pod says it has been ready when it gets so: what waits for old ones is not to wait in tests."""


@dataclass(frozen=True)
class JobEnd:
    """How a Job ends."""

    succeeded: bool
    reason: str = ""
    message: str = ""


def pod_address(uid: str) -> str:
    """One of this machine's own, so that all pods may listen on one port; only tests of rollouts have them do so."""
    digits = hashlib.sha256(uid.encode()).digest()
    return f"127.{100 + digits[0] % 150}.{digits[1]}.{1 + digits[2] % 254}"


def pod_status(pod: Object, fate: Fate) -> Object:
    """Of a pod whose containers end as its fate says."""
    if fate.ending is Ending.READY and _age(pod) < fate.starts_in:
        fate = replace(fate, ending=Ending.STARTING)
    if fate.ending is Ending.NO_ROOM:
        unscheduled = condition("PodScheduled", False, "Scheduled", "Unschedulable", fate.message)
        return {"phase": "Pending", "conditions": [unscheduled]}
    ready = fate.ending is Ending.READY
    began = fate.ending is not Ending.INIT_FAILS
    began_at = pod["metadata"]["creationTimestamp"]
    init = [_container(one, fate, Ending.INIT_FAILS, began_at) for one in pod["spec"].get("initContainers", [])]
    main = [_container(one, fate, Ending.CRASHES, began_at) for one in pod["spec"]["containers"]]
    conditions = [
        condition("PodScheduled", True, "Scheduled", ""),
        condition("Initialized", began, "PodCompleted", "ContainersNotInitialized"),
        condition("ContainersReady", ready, "ContainersReady", "ContainersNotReady"),
        {
            **condition("Ready", ready, "ContainersReady", "ContainersNotReady"),
            "lastTransitionTime": now(fate.ready_for),
        },
    ]
    return {
        "phase": "Running" if began else "Pending",
        "podIP": pod_address(pod["metadata"]["uid"]),
        "hostIP": "127.0.0.1",
        "conditions": conditions,
        "initContainerStatuses": init,
        "containerStatuses": main,
    }


def _age(pod: Object) -> float:
    created = datetime.strptime(pod["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")
    return (datetime.now(UTC) - created.replace(tzinfo=UTC)).total_seconds()


def _container(container: Object, fate: Fate, failing: Ending, began_at: str) -> Object:
    status = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}
    done = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": began_at}}
    running: Object = {"running": {"startedAt": began_at}}
    is_init = failing is Ending.INIT_FAILS
    if container.get("restartPolicy") == "Always":
        failing = Ending.SIDECAR_CRASHES
    if fate.ending is failing:
        end = {"terminated": {"exitCode": fate.exit_code, "reason": "Error", "message": fate.message}}
        waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}}
        failed = {"ready": False, "started": False, "restartCount": fate.restarts}
        return {**status, **failed, "state": waiting, "lastState": end}
    if failing is Ending.SIDECAR_CRASHES and fate.ending is not Ending.INIT_FAILS:
        return {**status, "ready": True, "started": True, "state": running}
    if is_init and failing is Ending.INIT_FAILS:
        return {**status, "ready": True, "started": False, "state": done}
    if fate.ending is Ending.INIT_FAILS:
        return {**status, "ready": False, "started": False, "state": {"waiting": {"reason": "PodInitializing"}}}
    serves = fate.ending in (Ending.READY, Ending.SIDECAR_CRASHES)
    return {**status, "ready": serves, "started": True, "state": running}


def job_status(job: Object, end: JobEnd) -> Object:
    """Of a Job that has ended."""
    began = job.get("status", {}).get("startTime", now())
    ended: Object = {"startTime": began, "active": 0, "ready": 0, "terminating": 0}
    # The API server accepts the final condition only beside the interim one that precedes it.
    if end.succeeded:
        conditions = [condition("SuccessCriteriaMet", True, "CompletionsReached", "")]
        conditions.append(condition("Complete", True, "CompletionsReached", ""))
        if job["spec"].get("completionMode") == "Indexed":
            ended["completedIndexes"] = "0"
        return {**ended, "succeeded": 1, "completionTime": now(), "conditions": conditions}
    reason = end.reason or "BackoffLimitExceeded"
    failed = [condition(kind, True, reason, "", end.message) for kind in ("FailureTarget", "Failed")]
    return {**ended, "failed": 1, "conditions": failed}


def condition(kind: str, holds: bool, true_reason: str, false_reason: str, message: str = "") -> Object:
    """One condition that changed now."""
    condition = {"type": kind, "status": "True" if holds else "False", "lastTransitionTime": now()}
    reason = true_reason if holds else false_reason
    return {**condition, "reason": reason, **({"message": message} if message else {})}


def is_ready(pod: Object) -> bool:
    """Whether the pod says so."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def differs(wanted: Any, found: Any) -> bool:
    """Whether `found` lacks anything of `wanted`, times aside."""
    if isinstance(wanted, dict):
        times = ("lastTransitionTime", "startTime", "completionTime")
        fields: Object = found if isinstance(found, dict) else {}
        return any(differs(value, fields.get(key)) for key, value in wanted.items() if key not in times)
    if isinstance(wanted, list):
        items: list[Any] = found or []
        return len(wanted) != len(items) or any(map(differs, wanted, items))
    return bool(wanted != found) and not (wanted in (0, "", False) and found is None)


def now(ago: float = 0.0) -> str:
    """As Kubernetes writes it; so many seconds before."""
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
