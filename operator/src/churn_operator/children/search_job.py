"""The Indexed Job that searches for an ensemble: its pods share the trials of one study, and index 0 chooses.

Whichever pod comes first makes the study, under a lock in the database for which the others wait.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.api.search import Search
from churn_operator.api.training import Training
from churn_operator.children.finished import finished
from churn_operator.children.job import EVICTIONS_DO_NOT_COUNT, KEPT_SECONDS, ends_at_once, job_pod_options
from churn_operator.children.metadata import metadata
from churn_operator.children.training_job import attempt, study_arguments
from churn_operator.children.training_pod import training_container, training_template
from churn_operator.names import SEARCH_CONTAINER, search_job_name, training_labels
from churn_operator.settings import Settings

_RETRIES = 3
"""Of each pod, after 10, 20 and 40 s."""

_GRACE_SECONDS = 2
"""Python as a container's first process hears no SIGTERM, and has nothing to save: a trial that is cut off is lost.
The Job of which index 0 has chosen ends once the others have."""

_CHOOSES = "0"
"""The index that compares what was tried; the others only try."""


def build_search_job(model: ChurnModel, training: Training, search: Search, settings: Settings) -> Manifest:
    """Written once and never changed, like the training Job of the same attempt."""
    options = job_pod_options(model, training, settings)
    if priority := settings.installation.retraining_priority:
        options = options.model_copy(update={"priority_class_name": priority})
    container = training_container(SEARCH_CONTAINER, model, training, _arguments(model, training, search), settings)
    template = training_template(model, training, container)
    template["spec"]["terminationGracePeriodSeconds"] = _GRACE_SECONDS
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(model, job_name(model, training), training_labels(model.name)),
        "spec": {
            "completionMode": "Indexed",
            "completions": search.workers,
            "parallelism": search.workers,
            # A worker that is lost for good slows the search down, and ends it no more than a slow one would.
            "backoffLimitPerIndex": _RETRIES,
            "successPolicy": {"rules": [{"succeededIndexes": _CHOOSES}]},
            "activeDeadlineSeconds": round(search.hours * 3600) + seconds(training.deadline),
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "podFailurePolicy": {"rules": [ends_at_once(SEARCH_CONTAINER, [2]), EVICTIONS_DO_NOT_COUNT]},
            "template": finished(template, options, settings),
        },
    }


def job_name(model: ChurnModel, training: Training) -> str:
    """One Job per attempt."""
    return search_job_name(model.name, attempt(model, training))


def _arguments(model: ChurnModel, training: Training, search: Search) -> tuple[str, ...]:
    return (
        "--output",
        "/tmp/found",
        "--trials",
        str(search.trials),
        "--hours",
        str(search.hours),
        "--sampler",
        search.sampler.value,
        *study_arguments(model, training),
    )
