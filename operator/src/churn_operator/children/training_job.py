"""The Job that makes a model's first version: from its data set to a registered challenger."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.spec import EnsembleConfigMap, Training
from churn_operator.children.metadata import metadata
from churn_operator.children.pod import (
    HOME,
    TEMPORARY_MOUNT,
    TEMPORARY_VOLUME,
    mlflow_environment,
    restricted_container,
    restricted_pod,
    secret_variable,
)
from churn_operator.fingerprint import fingerprint
from churn_operator.names import MLFLOW_SECRET, TRAINING_CONTAINER, training_job_name, training_labels

_ENSEMBLE_FOLDER = "/ensemble"
_DEADLINE_SECONDS = 3600
_RETRIES = 2


def job_name(model: ChurnModel, training: Training) -> str:
    """One Job per content of spec.training: a changed field makes another attempt."""
    return training_job_name(model.name, fingerprint(training.model_dump(by_alias=True)))


def build_training_job(model: ChurnModel, training: Training, image: str, tracking_uri: str) -> Manifest:
    """Bad data and an ensemble below its gate end the Job at once; anything else is tried again."""
    labels = training_labels(model.name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(model, job_name(model, training), labels),
        "spec": {
            "backoffLimit": _RETRIES,
            "activeDeadlineSeconds": _DEADLINE_SECONDS,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onExitCodes": {"containerName": TRAINING_CONTAINER, "operator": "In", "values": [2, 3]},
                    }
                ]
            },
            "template": {"metadata": {"labels": labels}, "spec": _pod(model, training, image, tracking_uri)},
        },
    }


def _pod(model: ChurnModel, training: Training, image: str, tracking_uri: str) -> Manifest:
    return {
        **restricted_pod(model.name),
        "restartPolicy": "Never",
        "containers": [_container(model, training, image, tracking_uri)],
        "volumes": [TEMPORARY_VOLUME, *_ensemble_volumes(training)],
    }


def _container(model: ChurnModel, training: Training, image: str, tracking_uri: str) -> Manifest:
    environment = [*HOME, *mlflow_environment(tracking_uri, MLFLOW_SECRET)]
    if training.credentials_secret:
        environment += [
            secret_variable("PGUSER", training.credentials_secret, "username"),
            secret_variable("PGPASSWORD", training.credentials_secret, "password"),
        ]
    return {
        **restricted_container(TRAINING_CONTAINER, image, training.resources),
        "args": [
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
        ],
        "env": environment,
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
