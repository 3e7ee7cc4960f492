"""What became of the runs of spec.batch: read from the CronJob's Jobs and their pods, for the status alone."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from churn_models.run_name import run_name

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import BatchRun, JobState
from churn_operator.names import DIGEST_ANNOTATION, VERSION_ANNOTATION
from churn_operator.observe.pending import find_denied_pod, find_pending
from churn_operator.observe.pod_failure import container_statuses

_INDEX = "batch.kubernetes.io/job-completion-index"
_JOB_NAME = "batch.kubernetes.io/job-name"
_MESSAGE = 1024


@dataclass(frozen=True)
class BatchRuns:
    """None: there is no such run."""

    newest: BatchRun | None = None
    ended: BatchRun | None = None
    """The newest that has ended."""


def jobs_of_batch(cron_job: Manifest | None, jobs: Iterable[Manifest]) -> list[Manifest]:
    """Those that the CronJob has made, by schedule or for `kubectl create job --from`; the newest first."""
    uid = cron_job["metadata"]["uid"] if cron_job else None
    ours = [job for job in jobs if any(owner["uid"] == uid for owner in job["metadata"].get("ownerReferences", []))]
    return sorted(ours, key=lambda job: str(job["metadata"]["creationTimestamp"]), reverse=True)


def pods_of_job(job: Manifest, pods: Iterable[Manifest]) -> list[Manifest]:
    """Of several Jobs' pods those that this one has made."""
    return [pod for pod in pods if pod["metadata"].get("labels", {}).get(_JOB_NAME) == job["metadata"]["name"]]


def read_batch_runs(jobs: Sequence[Manifest], pods: Sequence[Manifest], events: Sequence[Manifest] = ()) -> BatchRuns:
    """Of these Jobs, the newest first; the Events are about that one, and needed only while it has no pod."""
    newest = next(iter(jobs), None)
    ended = next((job for job in jobs if _end(job)), None)
    return BatchRuns(
        _read(newest, pods_of_job(newest, pods), events) if newest else None,
        _read(ended, pods_of_job(ended, pods), ()) if ended else None,
    )


def _read(job: Manifest, pods: Sequence[Manifest], events: Sequence[Manifest]) -> BatchRun:
    name = job["metadata"]["name"]
    status, end = job.get("status", {}), _end(job)
    told = job["spec"]["template"]["metadata"].get("annotations", {})
    message = _why_failed(end, pods) if end and end["type"] == "Failed" else None
    if not end:
        message = find_pending(job, pods) if pods else find_denied_pod(events)
    return BatchRun(
        run=run_name(name),
        job=name,
        state=_state(end),
        version=told.get(VERSION_ANNOTATION),
        digest=told.get(DIGEST_ANNOTATION),
        started=status.get("startTime") or job["metadata"]["creationTimestamp"],
        ended=end["lastTransitionTime"] if end else None,
        pods=job["spec"].get("completions", 1),
        succeeded=status.get("succeeded", 0),
        rows=_rows(pods, job["spec"].get("completions", 1)) if end and end["type"] == "Complete" else None,
        message=message[:_MESSAGE] if message else None,
    )


def _end(job: Manifest) -> Manifest | None:
    conditions: list[Manifest] = job.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] in ("Complete", "Failed") and one["status"] == "True"), None)


def _state(end: Manifest | None) -> str:
    if end is None:
        return JobState.RUNNING
    return JobState.SUCCEEDED if end["type"] == "Complete" else JobState.FAILED


def _rows(pods: Sequence[Manifest], wanted: int) -> int | None:
    """As each share's last pod tells them; None where not all of these are there any more."""
    found: dict[str, int] = {}
    for pod in pods:
        for ended in _ended_containers(pod):
            rows = _summary(ended).get("rows")
            if ended.get("exitCode") == 0 and isinstance(rows, int):
                found[_index(pod)] = rows
    return sum(found.values()) if len(found) == wanted else None


def _summary(ended: Manifest) -> dict[str, Any]:
    try:
        found = json.loads(ended.get("message") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _why_failed(end: Manifest, pods: Sequence[Manifest]) -> str:
    """The last words of the container that ended last, else what the Job says."""
    failed = [(ended.get("finishedAt") or "", pod, ended) for pod in pods for ended in _ended_containers(pod)]
    failed = [one for one in failed if one[2].get("exitCode") != 0 and one[2].get("message")]
    if not failed:
        return str(end.get("message", ""))
    _, pod, ended = max(failed, key=lambda one: one[0])
    return f"pod {_index(pod)}: {str(ended['message']).strip()}"


def _ended_containers(pod: Manifest) -> list[Manifest]:
    states = (status.get("state") or {} for status in container_statuses(pod))
    return [state["terminated"] for state in states if state.get("terminated")]


def _index(pod: Manifest) -> str:
    return str(pod["metadata"].get("annotations", {}).get(_INDEX, "0"))
