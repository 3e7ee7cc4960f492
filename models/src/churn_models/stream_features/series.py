"""The sums that a state keeps: of what, and over which window or by which half-life. Features ask for them."""

from typing import NamedTuple

from churn_models.stream_features.stream_feature import Aggregate, StreamFeature

TILES = 24
"""Of each window; `layout` says what they are."""


class Source(NamedTuple):
    """What an event adds: 1 for itself, 1 for having the field (`counted`), or the field's value."""

    field: str | None
    counted: bool


class Series(NamedTuple):
    """A sum over one window, or one that decays by a half-life; `seconds` are those of either."""

    seconds: float
    source: Source


def tiles_of(feature: StreamFeature) -> tuple[Series, ...]:
    """The sums over its window that a feature is computed from: the mean's are the sum and then the count."""
    counted = Series(feature.window_seconds, Source(feature.of, True))
    summed = Series(feature.window_seconds, Source(feature.of, False))
    parts = {Aggregate.COUNT: (counted,), Aggregate.SUM: (summed,), Aggregate.MEAN: (summed, counted)}
    return parts.get(feature.aggregate, ())


def decay_of(feature: StreamFeature) -> Series:
    """The decayed sum that a feature with a half-life is."""
    return Series(feature.half_life_seconds, Source(feature.of, feature.aggregate is Aggregate.DECAYED_COUNT))
