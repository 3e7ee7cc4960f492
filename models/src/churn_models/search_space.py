"""What `python -m churn_training search` may try: the section `search` of ensemble.yaml.

Every part is optional; what is left out is training's to decide, so that an empty section, or none, works.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from churn_models.combine import CombineRule
from churn_models.frozen_model import FrozenModel


class Span(FrozenModel):
    """The numbers from `low` to `high`: whole ones where both are written without a decimal point."""

    low: int | float
    high: int | float
    log: bool = False
    """Whether small numbers are tried as often as large ones: 0.01 to 0.1 as often as 0.1 to 1."""

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}; write [{self.low}] for one value")
        if self.log and self.low <= 0:
            raise ValueError(f"log: true needs a low above 0, not {self.low}")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers alone."""
        return isinstance(self.low, int) and isinstance(self.high, int)


Choices = Annotated[tuple[bool | int | float | str | None, ...], Field(min_length=1)]
"""The values of which one is taken."""

ParameterSpace = Span | Choices


class SearchSpec(FrozenModel):
    """What may be tried."""

    combine: tuple[CombineRule, ...] = Field(default=tuple(CombineRule), min_length=1)
    """The rules of which one is taken."""
    bags: tuple[Annotated[int, Field(ge=1, le=20)], ...] = Field(default=(1,), min_length=1)
    """Of how many fits on drawn rows each member may be made; 1 is the member itself, on all rows."""
    tolerance: Annotated[float, Field(ge=0, le=0.1)] = 0.002
    """By how much AUC an ensemble that is cheaper to serve may be worse than the best one; 0 takes the best."""
    members: dict[str, dict[str, ParameterSpace]] = Field(default_factory=dict)
    """By a member's name what its parameters may be, in place of what is usual for its kind."""
