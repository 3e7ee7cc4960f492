"""One feature of the stream, as schema.yaml declares it."""

from enum import StrEnum
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from churn_models.duration import seconds_of
from churn_models.numeric_feature import NumericFeature

SHORTEST, LONGEST = "1m", "400d"
"""Of windows and half-lives."""


class Aggregate(StrEnum):
    """What is made of a customer's events."""

    COUNT = "count"
    """How many there were in the window."""
    SUM = "sum"
    """Of a field in the window."""
    MEAN = "mean"
    """Of a field in the window; missing where no event had the field."""
    LAST = "last"
    """The newest value of a field; missing where there was none."""
    TIME_SINCE = "time_since"
    """Seconds since the newest event; missing where there was none."""
    DECAYED_COUNT = "decayed_count"
    """How many there were, each one half as much after every half-life."""
    DECAYED_SUM = "decayed_sum"
    """Of a field, each value half as much after every half-life."""


_WITH_FIELD = {Aggregate.SUM, Aggregate.MEAN, Aggregate.LAST, Aggregate.DECAYED_SUM}
_WITH_WINDOW = {Aggregate.COUNT, Aggregate.SUM, Aggregate.MEAN}
_WITH_HALF_LIFE = {Aggregate.DECAYED_COUNT, Aggregate.DECAYED_SUM}


class StreamFeature(NumericFeature):
    """A number that is computed from a customer's events; to whoever reads rows it is a number like any other."""

    kind: Literal["stream"] = "stream"  # type: ignore[assignment]  # the word that tells the two apart in a document
    nullable: Literal[True] = True
    """Customers may have had no event, and a server may know of none."""
    aggregate: Aggregate
    of: str | None = Field(default=None, min_length=1)
    """The event's field."""
    window: str | None = None
    """Such as `24h`; `StateLayout` says what that means exactly."""
    half_life: str | None = None
    """Such as `7d`."""

    @field_validator("window", "half_life")
    @classmethod
    def _is_bearable(cls, text: str | None) -> str | None:
        if text is not None and not seconds_of(SHORTEST) <= seconds_of(text) <= seconds_of(LONGEST):
            raise ValueError(f"{text} is not within {SHORTEST} to {LONGEST}")
        return text

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        faults = [
            _fault(self.aggregate, "of", self.of, _WITH_FIELD, "the field of the event"),
            _fault(self.aggregate, "window", self.window, _WITH_WINDOW, "such as 24h"),
            _fault(self.aggregate, "half_life", self.half_life, _WITH_HALF_LIFE, "such as 7d"),
        ]
        if found := "; ".join(fault for fault in faults if fault):
            raise ValueError(f"stream feature {self.name}: {found}")
        return self

    @property
    def definition(self) -> tuple[str | None, ...]:
        """What its values depend on: two features of one name that differ here are two features."""
        return (self.aggregate, self.of, self.window, self.half_life)

    @cached_property
    def window_seconds(self) -> float:
        """0 where it has none."""
        return seconds_of(self.window) if self.window else 0.0

    @cached_property
    def half_life_seconds(self) -> float:
        """0 where it has none."""
        return seconds_of(self.half_life) if self.half_life else 0.0


def _fault(aggregate: Aggregate, key: str, value: str | None, wanted: set[Aggregate], what: str) -> str:
    if aggregate in wanted:
        return "" if value else f"{aggregate} needs {key}: {what}"
    return f"{aggregate} has no {key}:" if value else ""
