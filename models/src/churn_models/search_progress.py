"""How far a search has come: its workers tell MLflow by a tag of the experiment, the operator reads it there."""

from pydantic import Field

from churn_models.frozen_model import FrozenModel

PROGRESS_TAG = "churnserve.search"
"""Of the experiment that is named after the registered model."""


class SearchProgress(FrozenModel):
    """After the last trial that was told."""

    study: str
    """Its name in the storage: the one that was given to `search --study`, and a digest."""
    trials: int = Field(ge=0)
    """That count: complete, or given up early."""
    best: float | None = None
    """AUC on out-of-fold rows; None while no trial is complete."""
