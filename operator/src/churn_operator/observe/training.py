"""What became of a Job that searches or trains: `gather` reads it, the rules judge it."""

from dataclasses import dataclass

from churn_operator.api.manifest import Manifest
from churn_operator.observe.late import seconds_between
from churn_operator.observe.pending import find_denied_pod, find_pending


@dataclass(frozen=True)
class TrainingJob:
    """One Job of the present spec.training."""

    finished: bool
    failed: bool
    message: str
    pending: str | None = None
    """Why no pod of it can start."""
    has_no_pod: bool = False
    """It waits for a pod, and no watch tells why there is none."""
    age: float = 0.0
    """Seconds since it was made."""
    ended: float | None = None
    """Seconds since it has finished."""
    exit_code: int | None = None
    """Of the last container that has failed; None where none has, or its pod is gone."""
    awaits_mlflow: bool = False
    """It has finished, and MLflow's last answer is from before: what it made is not known yet."""


def read_training_job(job: Manifest, pods: list[Manifest], events: list[Manifest], now: str) -> TrainingJob:
    """Of the Job, its own pods, and the Events about it, which are needed only while it has no pod."""
    ends = _ends(job)
    failed = ends.get("Failed")
    message = (_last_words(pods) or failed.get("message", "")) if failed else ""
    pending = find_pending(job, pods) if pods else find_denied_pod(events)
    # Some workers of a search may wait for room while others work.
    is_at_work = any(pod.get("status", {}).get("phase") == "Running" for pod in pods)
    return TrainingJob(
        finished=bool(ends.keys() & {"Failed", "Complete"}),
        failed=bool(failed),
        message=message,
        pending=None if ends or is_at_work else pending,
        has_no_pod=waits_for_a_pod(job, pods),
        age=seconds_between(job["metadata"]["creationTimestamp"], now),
        exit_code=_exit_code(pods) if failed else None,
        ended=next((seconds_between(end["lastTransitionTime"], now) for end in ends.values()), None),
    )


def waits_for_a_pod(job: Manifest, pods: list[Manifest]) -> bool:
    """Whether the Job has not ended, and its controller has not made a pod yet."""
    return not _ends(job) and not pods


def _ends(job: Manifest) -> dict[str, Manifest]:
    return {item["type"]: item for item in job.get("status", {}).get("conditions", []) if item["status"] == "True"}


def _newest_first(pods: list[Manifest]) -> list[Manifest]:
    """How the last attempt ended is how the Job did: it comes last by time, not by name."""
    return sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)


def _exit_code(pods: list[Manifest]) -> int | None:
    for pod in _newest_first(pods):
        for status in pod.get("status", {}).get("containerStatuses", []):
            if code := status.get("state", {}).get("terminated", {}).get("exitCode"):
                return int(code)
    return None


def _last_words(pods: list[Manifest]) -> str:
    for pod in _newest_first(pods):
        for status in pod.get("status", {}).get("containerStatuses", []):
            if message := status.get("state", {}).get("terminated", {}).get("message"):
                return str(message).strip()
    return ""
