"""Where the commands that need a bundle take it from: a folder, or MLflow; and their common options."""

import os
from pathlib import Path
from typing import Annotated

import typer
from churn_models.bundle import Bundle, open_bundle
from churn_models.registry import ModelReference

from churn_runtimes.fetch import Patience, Wanted, fetch


def _ask_there(uri: str | None) -> str | None:
    if uri:  # whatever asks MLflow reads its address and credentials from the environment
        os.environ["MLFLOW_TRACKING_URI"] = uri
    return uri


TrackingUri = Annotated[
    str | None, typer.Option(help="The MLflow server. Default: MLFLOW_TRACKING_URI.", callback=_ask_there)
]
Digest = Annotated[str | None, typer.Option(help="sha256:… that the bundle's manifest must have.")]
Source = Annotated[
    str, typer.Option("--bundle", help="A bundle's folder, or models:/name@alias or models:/name/version in MLflow.")
]
State = Annotated[
    str | None,
    typer.Option(
        envvar="CHURN_STATE",
        help="Where customers' states are kept: redis://, rediss:// (TLS), redis+cluster:// HOST:PORT of Valkey "
        "or Redis 7.",
    ),
]
StateName = Annotated[
    str | None,
    typer.Option(
        envvar="CHURN_STATE_NAME",
        help="By what name they are kept there: the same for workers and servers, another one for others of the same "
        "model. Default: the model's name.",
    ),
]
# No variable: one of spec.pod could make a worker send Kafka's folder to its state store.
StateCredentials = Annotated[
    Path | None,
    typer.Option(
        help="Folder of a mounted Secret for --state: username, password, ca.crt (for rediss://); what is there is "
        "used.",
    ),
]
FolderVersion = Annotated[str | None, typer.Option(help="Version to tell readers, for a folder.")]


def registered_name(source: str) -> str | None:
    """The model's name in MLflow; a version copied to another model has its first name in the bundle."""
    return ModelReference.parse(source).name if _is_registered(source) else None


def open_source(source: str, scratch: Path, digest: str | None) -> tuple[Bundle, str | None]:
    """The verified bundle and, where MLflow gave it into `scratch`, its version. Raises BundleError, RegistryError."""
    if _is_registered(source):
        fetched = fetch(Wanted(ModelReference.parse(source), digest, scratch / "bundle"), None, Patience(0))
        return fetched.bundle, fetched.version
    return open_bundle(Path(source), digest), None


def _is_registered(source: str) -> bool:
    return source.startswith("models:/")
