"""A numeric feature of some rows, in counts."""

from typing import Annotated, Self

from pydantic import Field

from churn_models.drift.magnitudes import LARGEST_KEY
from churn_models.drift.sums import bins_less, bins_plus, less, sparse_less, sparse_plus
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count

Magnitude = Annotated[int, Field(ge=-LARGEST_KEY, le=LARGEST_KEY)]


class NumericCounts(FrozenModel):
    """Rows with a value are in `bins`, those without one in `missing`."""

    bins: tuple[Count, ...] = Field(max_length=1_000)
    """On the edges of the reference's histogram, so one more than edges."""
    missing: Count = 0
    outside: Count = 0
    """Of the rows with a value, those beyond the reference's lowest and highest."""
    repeats: Count = 0
    """Rows with the value of the row before. Their share is at most that of the commonest value, in the mean."""
    magnitudes: dict[Magnitude, Count] = Field(default_factory=dict)
    """Rows with a value by `magnitude_keys`."""
    sum: float = Field(default=0.0, allow_inf_nan=False)
    """Of the values."""

    @property
    def known(self) -> int:
        """Rows with a value."""
        return sum(self.bins)

    @property
    def rows(self) -> int:
        """All of them."""
        return self.known + self.missing

    def plus(self, other: Self) -> Self:
        """Both. Raises CountsUnlike."""
        return type(self)(
            bins=bins_plus(self.bins, other.bins),
            missing=self.missing + other.missing,
            outside=self.outside + other.outside,
            repeats=self.repeats + other.repeats,
            magnitudes=sparse_plus(self.magnitudes, other.magnitudes),
            sum=self.sum + other.sum,
        )

    def since(self, earlier: Self) -> Self:
        """What has come since. Raises CountsUnlike or CountsShrank."""
        return type(self)(
            bins=bins_less(self.bins, earlier.bins),
            missing=less(self.missing, earlier.missing),
            outside=less(self.outside, earlier.outside),
            repeats=less(self.repeats, earlier.repeats),
            magnitudes=sparse_less(self.magnitudes, earlier.magnitudes),
            sum=self.sum - earlier.sum,
        )
