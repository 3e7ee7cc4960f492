"""Last step: a bundle on disk becomes a registered version in MLflow, alias `challenger`."""

import os
from dataclasses import dataclass
from pathlib import Path

import churn_models
import mlflow
import mlflow.pyfunc
import pandas as pd
from churn_models.artifact_location import NOT_SERVED, served_location
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import EVALUATION
from churn_models.comparison import Comparison
from churn_models.errors import BundleError, RegistryError
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import golden_columns
from churn_models.mlflow_access import MlflowAccess
from churn_models.names import CHALLENGER, DIGEST_TAG, TRAINING_ID_TAG
from churn_models.outputs import PROBABILITY
from churn_models.registry import ModelReference, Registry
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import AnyType, ColSpec, DataType, ParamSchema, ParamSpec, Schema

from churn_training import progress
from churn_training.errors import NotPublished
from churn_training.evaluate import Evaluation
from churn_training.metrics import Metric
from churn_training.mlflow_client import lead_mlflow
from churn_training.plots import PLOTS
from churn_training.report.write_report import REPORT
from churn_training.tracking_server import ask_for_models, wait_until_it_answers
from churn_training.write_bundle import BUNDLE

_PYFUNC_MODEL = Path(__file__).with_name("pyfunc_model.py")


@dataclass(frozen=True)
class Published:
    """Where the bundle is in MLflow."""

    model: str
    version: str


def publish(folder: Path, tracking_uri: str) -> Published:
    """Register `folder/bundle` (verified first) with plots and report beside it, and point `challenger` at it.

    A bundle whose digest is registered already is not registered twice. Raises BundleError, NotPublished.
    """
    bundle = open_bundle(folder / BUNDLE)
    try:
        access = MlflowAccess.find(tracking_uri, os.environ)
        with progress.step(f"publish to {access.address}"):
            wait_until_it_answers(lambda: ask_for_models(access), progress.say)
            version = _publish(bundle, folder, access)
            _check_that_it_can_be_fetched(bundle, version, tracking_uri)
            mlflow.MlflowClient().set_registered_model_alias(bundle.manifest.model, CHALLENGER, version)
    except RegistryError as error:
        raise _not_published(folder, str(error)) from error
    except MlflowException as error:
        raise _not_published(folder, f"MLflow at {access.address} refused: {error}") from error
    return Published(bundle.manifest.model, version)


def _publish(bundle: Bundle, folder: Path, access: MlflowAccess) -> str:
    lead_mlflow(access)
    client = mlflow.MlflowClient()
    model = bundle.manifest.model
    version = _registered_version(client, bundle) or _register(bundle, folder, access)
    client.set_model_version_tag(model, version, DIGEST_TAG, bundle.digest)
    client.set_model_version_tag(model, version, TRAINING_ID_TAG, bundle.manifest.training_id)
    return version


def _check_that_it_can_be_fetched(bundle: Bundle, version: str, tracking_uri: str) -> None:
    model = bundle.manifest.model
    try:
        with Registry(tracking_uri) as registry:
            _, digest = registry.manifest(registry.resolve(ModelReference(model, version=version)))
    except BundleError as error:
        raise RegistryError(f"{model} version {version} is registered and cannot be fetched: {error}") from error
    if digest != bundle.digest:
        raise RegistryError(
            f"{model} version {version} is {digest} in MLflow, and was {bundle.digest} when it was sent"
        )


def _not_published(folder: Path, reason: str) -> NotPublished:
    return NotPublished(
        f"{reason}\nthe bundle is kept in {folder}; register it later with\n"
        f"  python -m churn_training publish {folder} --tracking-uri URL"
    )


def _registered_version(client: mlflow.MlflowClient, bundle: Bundle) -> str | None:
    for version in client.search_model_versions(f"name='{bundle.manifest.model}'"):
        if version.tags.get(DIGEST_TAG) == bundle.digest:
            return str(version.version)
    return None


def _register(bundle: Bundle, folder: Path, access: MlflowAccess) -> str:
    manifest = bundle.manifest
    evaluation = Evaluation.model_validate_json((bundle.folder / EVALUATION).read_bytes())
    experiment = mlflow.set_experiment(manifest.model)
    if served_location(experiment.artifact_location, access.scheme) is None:
        raise RegistryError(
            f"experiment {experiment.name} keeps its files at {experiment.artifact_location}. {NOT_SERVED}"
        )
    with mlflow.start_run(run_name=manifest.training_id[:12]):
        mlflow.set_tags({DIGEST_TAG: bundle.digest, TRAINING_ID_TAG: manifest.training_id})
        mlflow.log_params(
            {
                "combine": manifest.combine,
                "members": ", ".join(member.name for member in manifest.members),
                "seed": evaluation.seed,
                "dataset": manifest.dataset.name,
                "dataset_rows": manifest.dataset.rows,
                "dataset_sha256": manifest.dataset.sha256,
            }
        )
        mlflow.log_metrics({str(metric): value for metric, value in evaluation.values().items()})
        if comparison := bundle.comparison():
            _log_comparison(comparison)
        if (folder / PLOTS).is_dir():
            mlflow.log_artifacts(str(folder / PLOTS), PLOTS)
        if (folder / REPORT).is_file():
            mlflow.log_artifact(str(folder / REPORT))
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(_PYFUNC_MODEL),
            artifacts={BUNDLE: str(bundle.folder)},
            code_paths=[str(Path(churn_models.__file__).parent)],
            signature=_signature(bundle.schema()),
            input_example=_example(bundle),
            pip_requirements=_requirements(bundle),
            registered_model_name=manifest.model,
            await_registration_for=0,
        )
    return str(logged.registered_model_version)


def _log_comparison(comparison: Comparison) -> None:
    mlflow.log_param("champion_version", comparison.champion.version)
    difference = comparison.auc
    mlflow.log_metrics(
        {
            "champion_auc": comparison.champion_metrics[Metric.AUC],
            "auc_difference": difference.value,
            "auc_difference_low": difference.low,
            "auc_difference_high": difference.high,
        }
    )


def _signature(schema: FeatureSchema) -> ModelSignature:
    # Any type: pd.read_csv gives a numeric column with blanks as text, and MLflow would refuse that for a
    # double. The encoding checks the values itself.
    inputs = Schema([ColSpec(AnyType(), name) for name in schema.names])  # type: ignore[no-untyped-call]
    outputs = Schema([ColSpec(DataType.double, PROBABILITY)])
    asked = ParamSchema([ParamSpec("outputs", DataType.string, [PROBABILITY], (-1,))])
    return ModelSignature(inputs=inputs, outputs=outputs, params=asked)


def _example(bundle: Bundle) -> pd.DataFrame:
    return pd.DataFrame(golden_columns(bundle.golden()[:2]))


def _requirements(bundle: Bundle) -> list[str]:
    libraries = bundle.manifest.libraries.items()
    return [f"{name}=={version}" for name, version in libraries if name != "churn-models"] + ["pydantic>=2", "pyyaml"]
