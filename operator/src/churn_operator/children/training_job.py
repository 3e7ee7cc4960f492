"""The Job that makes a model's first version: from its data set to a registered challenger."""

from dataclasses import dataclass

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.quantities import seconds
from churn_operator.api.training import Training
from churn_operator.children.finished import finished
from churn_operator.children.job import EVICTIONS_DO_NOT_COUNT, KEPT_SECONDS, ends_at_once, job_pod_options
from churn_operator.children.metadata import metadata
from churn_operator.children.training_pod import training_container, training_template
from churn_operator.fingerprint import fingerprint
from churn_operator.names import TRAINING_CONTAINER, study_name, training_job_name, training_labels
from churn_operator.settings import Settings

_RETRIES = 2
_ASKED_BY = "CHURN_ASKED_BY"
"""What a person wishes may lose the gate's margin to a champion, where there is one; anything else must be better."""

_ENDS_AT_ONCE = ends_at_once(TRAINING_CONTAINER, [2, 3, 5])
"""Of bad data, and of an ensemble that its gate refuses or that no readable champion can judge: final."""


@dataclass(frozen=True)
class AskedFor:
    """What differs between Jobs that train."""

    name: str
    by: str
    """As `python -m churn_training train --asked-by` has it."""
    arguments: tuple[str, ...] = ()
    retries: int = _RETRIES


def attempt(model: ChurnModel, training: Training) -> str:
    """One per spec.training and spec.pod: a changed field makes another attempt, a new default does not."""
    asked = training.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    pod = model.spec.pod.model_dump(mode="json", by_alias=True, exclude_none=True) if model.spec.pod else {}
    return fingerprint([asked, pod])


def job_name(model: ChurnModel, training: Training) -> str:
    """One Job per attempt."""
    return training_job_name(model.name, attempt(model, training))


def study_of(model: ChurnModel, training: Training) -> str:
    """Name of the search. It outlives the fields of spec.training.search: with more trials the same one goes on."""
    begun = training.model_dump(mode="json", by_alias=True, include={"dataset", "ensemble"})
    return study_name(model.namespace, model.name, fingerprint(begun))


def study_arguments(model: ChurnModel, training: Training) -> tuple[str, ...]:
    """Where a search keeps its trials, and what it has found; nothing where nothing is searched."""
    if training.storage is None:
        return ()
    return ("--study", study_of(model, training), "--storage", training.storage)


def build_training_job(model: ChurnModel, training: Training, settings: Settings) -> Manifest:
    """Written once and never changed: nearly all of a Job is immutable."""
    asked = AskedFor(job_name(model, training), "person", study_arguments(model, training))
    return training_job(model, training, asked, job_pod_options(model, training, settings), settings)


def training_job(
    model: ChurnModel, training: Training, asked: AskedFor, options: PodOptions, settings: Settings
) -> Manifest:
    """The same for whoever asks for it."""
    labels = training_labels(model.name)
    more = ("--output", "/tmp/bundles", *asked.arguments)
    container = training_container(TRAINING_CONTAINER, model, training, more, settings)
    container["env"].append({"name": _ASKED_BY, "value": asked.by})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(model, asked.name, labels),
        "spec": {
            "backoffLimit": asked.retries,
            "activeDeadlineSeconds": seconds(training.deadline),
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "podFailurePolicy": {"rules": [_ENDS_AT_ONCE, EVICTIONS_DO_NOT_COUNT]},
            "template": finished(training_template(model, training, container), options, settings),
        },
    }
