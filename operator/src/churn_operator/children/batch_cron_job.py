"""The CronJob that scores a table by schedule: each run is an Indexed Job, whose pods share the table's row groups.

It names one bundle by its digest, the stable one's, so that all pods of a run score by the same: a Job keeps the
template that it was made from.
"""

from churn_models.exit_code import ExitCode

from churn_operator.api.batch import Batch
from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.children.database import database_environment
from churn_operator.children.finished import finished
from churn_operator.children.job import EVICTIONS_DO_NOT_COUNT, KEPT_SECONDS, ends_at_once, job_pod_options
from churn_operator.children.literal import literal
from churn_operator.children.metadata import metadata
from churn_operator.children.pod import HOME, TEMPORARY_MOUNT, restricted_container, restricted_pod
from churn_operator.children.serving_pod import BUNDLE_FILES, BUNDLE_MOUNT, POD_VOLUMES, fetch_container
from churn_operator.names import (
    DIGEST_ANNOTATION,
    FETCH_CONTAINER,
    SCORING_CONTAINER,
    VERSION_ANNOTATION,
    batch_labels,
    batch_name,
)
from churn_operator.observe.record import Record
from churn_operator.settings import Settings

_TABLES = "/tables"
_RETRIES = 3
"""Of each pod's share, after 10, 20 and 40 s."""
_LATE_SECONDS = 3600
_JOBS_KEPT = 3

_RUN: list[Manifest] = [
    {"name": name, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['batch.kubernetes.io/{label}']"}}}
    for name, label in (("CHURN_RUN", "job-name"), ("CHURN_RUN_ID", "controller-uid"))
]
"""By its Job, whose name is the run's and whose uid no other run has."""

_ONE_THREAD: Manifest = {"name": "OMP_NUM_THREADS", "value": "1"}
"""pyarrow and the members' libraries would start as many as the node has cores."""


def build_batch_cron_job(model: ChurnModel, batch: Batch, stable: Record, settings: Settings) -> Manifest:
    """Suspended while the model is paused; a run that is under way goes on."""
    labels = batch_labels(model.name)
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(model, batch_name(model.name), labels),
        "spec": {
            "schedule": batch.schedule,
            "timeZone": batch.time_zone,
            "concurrencyPolicy": "Forbid",
            "suspend": model.spec.paused,
            # After a pause or an outage, a run that was missed long ago does not begin in the middle of the day.
            "startingDeadlineSeconds": _LATE_SECONDS,
            "successfulJobsHistoryLimit": _JOBS_KEPT,
            "failedJobsHistoryLimit": _JOBS_KEPT,
            "jobTemplate": {"metadata": {"labels": labels}, "spec": _job(model, batch, stable, settings)},
        },
    }


def _job(model: ChurnModel, batch: Batch, stable: Record, settings: Settings) -> Manifest:
    bundle = stable.bundle
    annotations = {DIGEST_ANNOTATION: bundle.digest, VERSION_ANNOTATION: bundle.version}
    template = {
        "metadata": {"labels": batch_labels(model.name), "annotations": annotations},
        "spec": _pod(model, batch, stable, settings),
    }
    return {
        "completionMode": "Indexed",
        "completions": batch.parallelism,
        "parallelism": batch.parallelism,
        "backoffLimitPerIndex": _RETRIES,
        # Without one share there is no run: the others need not be scored to their end.
        "maxFailedIndexes": 0,
        "activeDeadlineSeconds": seconds(batch.deadline),
        "ttlSecondsAfterFinished": KEPT_SECONDS,
        "podFailurePolicy": {
            "rules": [
                ends_at_once(SCORING_CONTAINER, [ExitCode.DATA_FAULT, ExitCode.BUNDLE_FAULT]),
                ends_at_once(FETCH_CONTAINER, [ExitCode.BUNDLE_FAULT]),
                EVICTIONS_DO_NOT_COUNT,
            ]
        },
        "template": finished(template, job_pod_options(model, batch, settings), settings),
    }


def _pod(model: ChurnModel, batch: Batch, stable: Record, settings: Settings) -> Manifest:
    fetch = {**fetch_container(model, stable, settings.tracking_uri), "image": settings.scoring_image}
    return {
        **restricted_pod(model.name),
        "restartPolicy": "Never",
        "initContainers": [fetch],
        "containers": [_container(batch, stable, settings)],
        "volumes": [*POD_VOLUMES, *_claim(batch)],
    }


def _container(batch: Batch, stable: Record, settings: Settings) -> Manifest:
    mounts = [{"name": "tables", "mountPath": _TABLES}] if batch.volume_claim else []
    return {
        **restricted_container(SCORING_CONTAINER, settings.scoring_image, batch.resources),
        "args": _arguments(batch, stable),
        "env": [*HOME, _ONE_THREAD, *_RUN, *database_environment(batch, batch.databases)],
        "volumeMounts": [{**BUNDLE_MOUNT, "readOnly": True}, TEMPORARY_MOUNT, *mounts],
    }


def _arguments(batch: Batch, stable: Record) -> list[str]:
    share: list[str] = []
    if batch.output not in batch.databases:
        share = ["--shard", f"$(JOB_COMPLETION_INDEX)/{batch.parallelism}"]
        share += ["--run", "$(CHURN_RUN)", "--run-id", "$(CHURN_RUN_ID)"]
    words = ["--digest", stable.bundle.digest, "--model-version", stable.bundle.version]
    words += [f"--keep={column}" for column in batch.keep or ()]
    words += [f"--output={output}" for output in batch.outputs or ()]
    words += [f"--top-reasons={batch.top_reasons}"] if batch.top_reasons else []
    words += ["--contributions"] if batch.contributions else []
    words += [_place(batch, place) for place in (batch.input, batch.output)]
    return ["score", "--bundle", BUNDLE_FILES, "--summary", "/dev/termination-log", *share, *literal(words)]


def _place(batch: Batch, place: str) -> str:
    return place if place in batch.databases else f"{_TABLES}/{place}"


def _claim(batch: Batch) -> list[Manifest]:
    if batch.volume_claim is None:
        return []
    return [{"name": "tables", "persistentVolumeClaim": {"claimName": batch.volume_claim}}]
