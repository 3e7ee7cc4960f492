"""reference.json: what training saw, in counts, for whoever compares traffic with it.

Training builds it (`churn_training.build_reference`); the drift sidecar and the operator read it.
"""

from typing import Annotated, Literal

from pydantic import Field

from churn_models.frozen_model import FrozenModel

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Of which NumericReference keeps the values."""


class Histogram(FrozenModel):
    """`counts[i]` values fell in `(edges[i-1], edges[i]]`; the first and last bins are open to infinity."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Importance(FrozenModel):
    """The AUC that is lost when the feature is shuffled: the mean of several shuffles and its standard error."""

    mean: float
    standard_error: float
    used: bool
    """Whether shuffling changes any score: drift of a feature that no member uses is no harm."""


class NumericReference(FrozenModel):
    """A numeric feature; sums, quantiles and the rest are of the `n` rows that have a value."""

    kind: Literal["numeric"] = "numeric"
    n: int
    missing_ratio: float
    missing_spread: float = 0.0
    """Standard deviation of the missing share between stretches of 1,000 training rows, in the order of time, beyond
    what chance brings about: a source that comes and goes had gaps before. 0 where rows have no time."""
    histogram: Histogram
    """64 bins between quantiles; fewer where values repeat."""
    sum: float
    sum_of_squares: float
    low: float | None
    high: float | None
    quantiles: tuple[float, ...]
    """At QUANTILES; empty where no row has a value."""
    commonest_ratio: float
    """Share of the commonest value among the `n`."""
    importance: Importance


class CategoricalReference(FrozenModel):
    """A categorical feature: how often each category came in the `n` rows that have a known one."""

    kind: Literal["categorical"] = "categorical"
    n: int
    missing_ratio: float
    missing_spread: float = 0.0
    """As of a NumericReference."""
    unseen_ratio: float
    counts: dict[str, int]
    commonest_ratio: float
    importance: Importance
    partner: str = ""
    """The categorical feature that goes with this one most closely; empty where none does."""
    joint: tuple[tuple[int, ...], ...] = ()
    """Rows by category of this feature, and in it by category of the partner: what a code means shows in what comes
    with it, where its own share says nothing."""


FeatureReference = Annotated[NumericReference | CategoricalReference, Field(discriminator="kind")]


class CalibrationMap(FrozenModel):
    """Observed churn by score, as isotonic regression found it: piecewise linear between points."""

    scores: tuple[float, ...]
    observed: tuple[float, ...]


class ScoreReference(FrozenModel):
    """Out-of-fold scores of the training rows: what a score means for rows that no fit has seen."""

    raw: Histogram
    """On quantile edges."""
    calibrated: Histogram
    """The same scores through `calibration`."""
    calibration: CalibrationMap
    disagreement: Histogram
    """Standard deviation of the members' scores of one row, on quantile edges."""


class Reference(FrozenModel):
    """The training rows by feature, out-of-fold scores, and the figures of the rows that judged."""

    rows: int
    features: dict[str, FeatureReference]
    scores: ScoreReference
    metrics: dict[str, float]
