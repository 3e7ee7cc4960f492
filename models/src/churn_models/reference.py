"""reference.json: what training saw, in counts, for whoever compares traffic with it.

Training builds it (`churn_training.build_reference`); the drift sidecar and the operator read it.
"""

from typing import Annotated, Literal

from pydantic import Field

from churn_models.frozen_model import FrozenModel


class Histogram(FrozenModel):
    """`counts[i]` values fell in `(edges[i-1], edges[i]]`; the first and last bins are open to infinity."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class NumericReference(FrozenModel):
    """A numeric feature: counts between its quantiles."""

    kind: Literal["numeric"] = "numeric"
    histogram: Histogram
    missing_ratio: float
    importance: float


class CategoricalReference(FrozenModel):
    """A categorical feature: how often each category came."""

    kind: Literal["categorical"] = "categorical"
    counts: dict[str, int]
    missing_ratio: float
    importance: float


FeatureReference = Annotated[NumericReference | CategoricalReference, Field(discriminator="kind")]


class CalibrationMap(FrozenModel):
    """Observed churn by score, as isotonic regression found it on the holdout: piecewise linear between points."""

    scores: tuple[float, ...]
    observed: tuple[float, ...]


class Reference(FrozenModel):
    """The training rows by feature, the holdout's scores and metrics."""

    rows: int
    features: dict[str, FeatureReference]
    scores: Histogram
    calibration: CalibrationMap
    metrics: dict[str, float]
