"""The pod of Jobs that search for an ensemble and that train one: the same image, data, ensemble and rights."""

from collections.abc import Sequence

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import EnsembleConfigMap, Training
from churn_operator.children.database import database_environment
from churn_operator.children.literal import literal
from churn_operator.children.pod import (
    HOME,
    TEMPORARY_MOUNT,
    mlflow_environment,
    restricted_container,
    restricted_pod,
)
from churn_operator.names import MLFLOW_TRAINING_SECRET, training_labels
from churn_operator.settings import Settings

_ENSEMBLE_FOLDER = "/ensemble"


def training_template(model: ChurnModel, training: Training, container: Manifest) -> Manifest:
    """A Job's pod template with this one container."""
    spec = {
        **restricted_pod(model.name),
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [
            {"name": TEMPORARY_MOUNT["name"], "emptyDir": {"sizeLimit": training.scratch}},
            *_ensemble_volumes(training),
        ],
    }
    return {"metadata": {"labels": training_labels(model.name)}, "spec": spec}


def training_container(
    name: str, model: ChurnModel, training: Training, more: Sequence[str], settings: Settings
) -> Manifest:
    """It runs the command `name` of the training image, with `more` arguments than those that all commands have."""
    return {
        **restricted_container(name, settings.training_image, training.resources),
        "args": literal(
            [
                name,
                "--ensemble",
                _ensemble_folder(training),
                "--dataset",
                training.dataset,
                "--seed",
                str(training.seed),
                "--name",
                model.spec.model.name,
                *more,
            ]
        ),
        "env": [
            *HOME,
            *mlflow_environment(settings.tracking_uri, MLFLOW_TRAINING_SECRET),
            *database_environment(training, training.databases),
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
