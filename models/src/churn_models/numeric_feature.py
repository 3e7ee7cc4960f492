"""A feature that is a number, and the interval that says which numbers.

`feature_schema` lists it beside the others; a feature of the stream (`stream_features`) is one whose value is computed.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from churn_models.frozen_model import FrozenModel


class Range(FrozenModel):
    """A closed interval of numbers."""

    low: float
    high: float

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self


class NumericFeature(FrozenModel):
    """A number; encoded as float32, missing as NaN."""

    kind: Literal["numeric"] = "numeric"
    name: str = Field(min_length=1)
    nullable: bool = False
    allowed: Range | None = None
    """What validation accepts; no bound when absent."""
    seen: Range | None = None
    """What training saw; set in the bundle, never by hand."""
