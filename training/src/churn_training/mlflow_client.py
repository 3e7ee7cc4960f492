"""MLflow's own client, led the way of everything else here. `publish` and the runs of a search begin with it."""

import os

import mlflow
from churn_models.mlflow_access import MlflowAccess

_MLFLOW_RETRIES = "4"
"""With MLflow's own pauses half a minute a call; its default of 7 takes four minutes."""


def lead_mlflow(access: MlflowAccess) -> None:
    """Have MLflow's own client ask the same server in the same way, and give up as soon as everything else here."""
    os.environ.update(access.variables)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _MLFLOW_RETRIES)
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    # Else the uv.lock of whatever project the user stands in is copied beside the model, its package index included.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    mlflow.set_tracking_uri(access.address)
    mlflow.set_registry_uri(access.address)
