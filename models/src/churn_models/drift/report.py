"""What a drift sidecar answers at `GET /report`: its counts since it began, and its engine's last windows.

The operator asks every pod for it, and makes windows of its own from the differences.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from churn_models.digest import Digest
from churn_models.drift.counts import Counts, FeatureCounts
from churn_models.drift.row_cells import CELLS
from churn_models.drift.score_counts import ScoreCounts
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count
from churn_models.said import Said

REPORT_PATH = "/report"
REFERENCE_PATH = "/reference"
WINDOWS = 8
"""Of the engine that a report has, the newest ones."""

Name = Annotated[str, Field(max_length=253)]
Time = Annotated[str, Field(max_length=40)]
"""ISO 8601 in UTC."""
Figure = Annotated[float, Field(allow_inf_nan=False)]


class EngineWindow(FrozenModel):
    """Rows of this pod that the sidecar's engine has judged against the reference sample."""

    start: Time
    end: Time
    rows: Count
    """That were judged: where more came, a random sample of them."""
    features: dict[str, tuple[Figure, Figure]] = Field(max_length=10_000)
    """By feature the p-value and the distance, neither corrected for the number of features."""
    is_drift: bool


class EngineReport(FrozenModel):
    """The engine by its name, and what it found."""

    name: Name
    windows: tuple[EngineWindow, ...] = Field(default=(), max_length=WINDOWS)
    """The newest ones, in the order of time."""
    judged: Count = 0
    """Windows since the sidecar began."""
    lost: Count = 0
    """Those that the engine failed at."""


class Report(Said):
    """Counts only grow; another `instance` begins at 0."""

    instance: Name
    """Of the sidecar's process."""
    digest: Digest
    """Of the bundle that it was started for, which is the server's."""
    version: Name = ""
    """Of the registered model; empty where the sidecar was not told."""
    started: Time
    last_row: Time | None = None
    """When the last row came."""
    rows: Count = 0
    """That are counted: at most 8 of each request."""
    dropped: dict[Name, Count] = Field(default_factory=dict, max_length=32)
    """Rows that were to be counted and are not, by reason."""
    features: dict[str, FeatureCounts] = Field(max_length=10_000)
    scores: ScoreCounts
    cells: tuple[Count, ...] = Field(default=(), max_length=CELLS)
    """Rows by `row_cells`; empty from a sidecar of before."""
    alike: Annotated[float, Field(ge=0, le=1)] | None = None
    """What two of training's customers share a cell by (`chance_alike`); None from a sidecar of before."""
    engine: EngineReport

    @model_validator(mode="after")
    def _every_row_is_counted(self) -> Self:
        _ = self.counts
        return self

    @property
    def counts(self) -> Counts:
        """What is merged, and taken from later ones."""
        return Counts(rows=self.rows, features=self.features, scores=self.scores, cells=self.cells)
