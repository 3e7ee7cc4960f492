"""Scores of some rows, in counts, with what they promise: enough for the stability index and for an expected AUC."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field

from churn_models.drift.errors import CountsUnlike
from churn_models.drift.sums import bins_less, bins_plus, less
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count

Sum = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ScoreCounts(FrozenModel):
    """Of the scores that the pod's own bundle gave, whoever answered."""

    bins: tuple[Count, ...] = Field(max_length=1_000)
    """On the edges of the reference's raw scores, so one more than edges."""
    calibrated_sums: tuple[Sum, ...] = Field(max_length=1_000)
    """The churners to expect in each bin: the sum of the scores through the reference's calibration."""
    missing: Count = 0
    """Rows without a score: not finite, or outside of 0 to 1."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.bins) + self.missing

    def plus(self, other: Self) -> Self:
        """Both. Raises CountsUnlike."""
        pairs = _pairs(self.calibrated_sums, other.calibrated_sums)
        return type(self)(
            bins=bins_plus(self.bins, other.bins),
            calibrated_sums=tuple(first + second for first, second in pairs),
            missing=self.missing + other.missing,
        )

    def since(self, earlier: Self) -> Self:
        """What has come since. Raises CountsUnlike or CountsShrank."""
        pairs = _pairs(self.calibrated_sums, earlier.calibrated_sums)
        return type(self)(
            bins=bins_less(self.bins, earlier.bins),
            # Rounding may leave a little less than nothing.
            calibrated_sums=tuple(max(0.0, later - before) for later, before in pairs),
            missing=less(self.missing, earlier.missing),
        )


def _pairs(first: tuple[float, ...], second: tuple[float, ...]) -> Iterator[tuple[float, float]]:
    if len(first) != len(second):
        raise CountsUnlike(f"{len(first)} bins of scores and {len(second)}")
    return zip(first, second, strict=True)
