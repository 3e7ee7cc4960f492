"""A categorical feature of some rows, in counts."""

from typing import Self

from pydantic import Field

from churn_models.drift.sums import bins_less, bins_plus, less
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count

MOST_CELLS = 512
"""Of a feature's joint counts."""


class CategoricalCounts(FrozenModel):
    """Every row is in one of these."""

    counts: tuple[Count, ...] = Field(max_length=100_000)
    """By category, in the schema's order."""
    missing: Count = 0
    unseen: Count = 0
    """Rows with a value that is no category."""
    joint: tuple[Count, ...] = Field(default=(), max_length=MOST_CELLS)
    """Rows by category, and in it by category of the partner that the reference names, one after the other; rows that
    lack either are left out. Empty without a partner."""

    @property
    def known(self) -> int:
        """Rows with a category."""
        return sum(self.counts)

    @property
    def rows(self) -> int:
        """All of them."""
        return self.known + self.missing + self.unseen

    def plus(self, other: Self) -> Self:
        """Both. Raises CountsUnlike."""
        return type(self)(
            counts=bins_plus(self.counts, other.counts),
            missing=self.missing + other.missing,
            unseen=self.unseen + other.unseen,
            joint=bins_plus(self.joint, other.joint),
        )

    def since(self, earlier: Self) -> Self:
        """What has come since. Raises CountsUnlike or CountsShrank."""
        return type(self)(
            counts=bins_less(self.counts, earlier.counts),
            missing=less(self.missing, earlier.missing),
            unseen=less(self.unseen, earlier.unseen),
            joint=bins_less(self.joint, earlier.joint),
        )
