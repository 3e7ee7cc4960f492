"""Rows in counts that add up over pods and over time. A window is a difference of two of a pod's reports, merged.

The sidecar makes them (`row_counter`), the operator merges and judges them.
"""

from typing import Self

from pydantic import Field, model_validator

from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.errors import CountsUnlike
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.row_cells import CELLS
from churn_models.drift.score_counts import ScoreCounts
from churn_models.drift.sums import bins_less, bins_plus, less
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count

FeatureCounts = NumericCounts | CategoricalCounts
"""Told apart by their fields."""


class Counts(FrozenModel):
    """Of rows of one bundle's schema."""

    rows: Count
    features: dict[str, FeatureCounts] = Field(max_length=10_000)
    scores: ScoreCounts
    cells: tuple[Count, ...] = Field(default=(), max_length=CELLS)
    """Rows by `row_cells`; empty where a sidecar is older than that, or one of those that are added up is."""

    @model_validator(mode="after")
    def _every_row_is_counted(self) -> Self:
        if self.scores.rows != self.rows:
            raise ValueError(f"{self.scores.rows} scores of {self.rows} rows")
        if wrong := [name for name, counts in self.features.items() if counts.rows != self.rows]:
            raise ValueError(f"not {self.rows} rows in {', '.join(wrong[:5])}")
        if self.cells and sum(self.cells) != self.rows:
            raise ValueError(f"{sum(self.cells)} rows in the cells of {self.rows}")
        return self

    def plus(self, other: Self) -> Self:
        """Both. Raises CountsUnlike."""
        pairs = _pairs(self.features, other.features)
        return type(self)(
            rows=self.rows + other.rows,
            features={name: _plus(name, first, second) for name, first, second in pairs},
            scores=self.scores.plus(other.scores),
            cells=bins_plus(self.cells, other.cells) if self.cells and other.cells else (),
        )

    def since(self, earlier: Self) -> Self:
        """What has come since. Raises CountsUnlike or CountsShrank."""
        pairs = _pairs(self.features, earlier.features)
        return type(self)(
            rows=less(self.rows, earlier.rows),
            features={name: _less(name, later, before) for name, later, before in pairs},
            scores=self.scores.since(earlier.scores),
            cells=bins_less(self.cells, earlier.cells) if self.cells and earlier.cells else (),
        )


def merge(first: Counts, second: Counts) -> Counts:
    """Of two pods, or of two times. Raises CountsUnlike where they are of different bundles."""
    return first.plus(second)


def difference(later: Counts, earlier: Counts) -> Counts:
    """What one process has counted between two reports.

    Raises CountsShrank where it is not the same process (it has begun again, or the two are the wrong way round) and
    CountsUnlike where they are of different bundles.
    """
    return later.since(earlier)


def _pairs(
    first: dict[str, FeatureCounts], second: dict[str, FeatureCounts]
) -> list[tuple[str, FeatureCounts, FeatureCounts]]:
    if first.keys() != second.keys():
        raise CountsUnlike(f"features {', '.join(sorted(first.keys() ^ second.keys()))} are in one of two counts")
    return [(name, counts, second[name]) for name, counts in first.items()]


def _plus(name: str, first: FeatureCounts, second: FeatureCounts) -> FeatureCounts:
    if isinstance(first, NumericCounts) and isinstance(second, NumericCounts):
        return first.plus(second)
    if isinstance(first, CategoricalCounts) and isinstance(second, CategoricalCounts):
        return first.plus(second)
    raise CountsUnlike(f"feature {name} is numeric in one of two counts")


def _less(name: str, later: FeatureCounts, earlier: FeatureCounts) -> FeatureCounts:
    if isinstance(later, NumericCounts) and isinstance(earlier, NumericCounts):
        return later.since(earlier)
    if isinstance(later, CategoricalCounts) and isinstance(earlier, CategoricalCounts):
        return later.since(earlier)
    raise CountsUnlike(f"feature {name} is numeric in one of two counts")
