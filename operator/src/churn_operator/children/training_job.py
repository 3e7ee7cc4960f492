"""The Job that makes a model's first version: from its data set to a registered challenger."""

from dataclasses import dataclass

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.quantities import seconds
from churn_operator.api.training import EnsembleConfigMap, Training
from churn_operator.children.database import database_environment
from churn_operator.children.finished import finished
from churn_operator.children.job import EVICTIONS_DO_NOT_COUNT, KEPT_SECONDS, ends_at_once, job_pod_options
from churn_operator.children.literal import literal
from churn_operator.children.metadata import metadata
from churn_operator.children.pod import (
    HOME,
    TEMPORARY_MOUNT,
    mlflow_environment,
    restricted_container,
    restricted_pod,
)
from churn_operator.fingerprint import fingerprint
from churn_operator.names import MLFLOW_TRAINING_SECRET, TRAINING_CONTAINER, training_job_name, training_labels
from churn_operator.settings import Settings

_ENSEMBLE_FOLDER = "/ensemble"
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


def job_name(model: ChurnModel, training: Training) -> str:
    """One Job per spec.training and spec.pod: a changed field makes another attempt, a new default does not."""
    asked = training.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    pod = model.spec.pod.model_dump(mode="json", by_alias=True, exclude_none=True) if model.spec.pod else {}
    return training_job_name(model.name, fingerprint([asked, pod]))


def build_training_job(model: ChurnModel, training: Training, settings: Settings) -> Manifest:
    """Written once and never changed: nearly all of a Job is immutable."""
    asked = AskedFor(job_name(model, training), "person")
    return training_job(model, training, asked, job_pod_options(model, training, settings), settings)


def training_job(
    model: ChurnModel, training: Training, asked: AskedFor, options: PodOptions, settings: Settings
) -> Manifest:
    """The same for whoever asks for it."""
    labels = training_labels(model.name)
    template = {"metadata": {"labels": labels}, "spec": _pod(model, training, asked, settings)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(model, asked.name, labels),
        "spec": {
            "backoffLimit": asked.retries,
            "activeDeadlineSeconds": seconds(training.deadline),
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "podFailurePolicy": {"rules": [_ENDS_AT_ONCE, EVICTIONS_DO_NOT_COUNT]},
            "template": finished(template, options, settings),
        },
    }


def _pod(model: ChurnModel, training: Training, asked: AskedFor, settings: Settings) -> Manifest:
    return {
        **restricted_pod(model.name),
        "restartPolicy": "Never",
        "containers": [_container(model, training, asked, settings)],
        "volumes": [
            {"name": TEMPORARY_MOUNT["name"], "emptyDir": {"sizeLimit": training.scratch}},
            *_ensemble_volumes(training),
        ],
    }


def _container(model: ChurnModel, training: Training, asked: AskedFor, settings: Settings) -> Manifest:
    mlflow = mlflow_environment(settings.tracking_uri, MLFLOW_TRAINING_SECRET)
    return {
        **restricted_container(TRAINING_CONTAINER, settings.training_image, training.resources),
        "args": literal(
            [
                "train",
                "--ensemble",
                _ensemble_folder(training),
                "--dataset",
                training.dataset,
                "--seed",
                str(training.seed),
                "--name",
                model.spec.model.name,
                "--output",
                "/tmp/bundles",
                *asked.arguments,
            ]
        ),
        "env": [
            *HOME,
            *mlflow,
            {"name": _ASKED_BY, "value": asked.by},
            *database_environment(training, [training.dataset]),
        ],
        "volumeMounts": [TEMPORARY_MOUNT, *_ensemble_mounts(training)],
    }


def _ensemble_folder(training: Training) -> str:
    return _ENSEMBLE_FOLDER if isinstance(training.ensemble, EnsembleConfigMap) else f"/models/{training.ensemble}"


def _ensemble_volumes(training: Training) -> list[Manifest]:
    if not isinstance(training.ensemble, EnsembleConfigMap):
        return []
    # Optional: the kubelet would wait for one that is not there without a word; training says which file is missing.
    return [{"name": "ensemble", "configMap": {"name": training.ensemble.config_map, "optional": True}}]


def _ensemble_mounts(training: Training) -> list[Manifest]:
    if not isinstance(training.ensemble, EnsembleConfigMap):
        return []
    return [{"name": "ensemble", "mountPath": _ENSEMBLE_FOLDER, "readOnly": True}]
