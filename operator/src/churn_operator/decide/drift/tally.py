"""Rows of some sidecars and some time: those that are counted, and those that were to be counted and are not."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Self

from churn_models.drift.counts import Counts, difference, merge
from churn_models.drift.report import Report
from churn_models.drift.sums import less


@dataclass(frozen=True)
class Tally:
    """It adds up like the counts in it."""

    counts: Counts
    dropped: int = 0

    @property
    def rows(self) -> int:
        """That are counted."""
        return self.counts.rows

    def plus(self, other: Self) -> Self:
        """Both. Raises CountsUnlike."""
        return type(self)(merge(self.counts, other.counts), self.dropped + other.dropped)

    def less(self, earlier: Self) -> Self:
        """What has come since. Raises CountsUnlike or CountsShrank."""
        return type(self)(difference(self.counts, earlier.counts), less(self.dropped, earlier.dropped))


def tally_of(report: Report) -> Tally:
    """What one sidecar has counted since it began."""
    return Tally(report.counts, sum(report.dropped.values()))


def total_of(tallies: Iterable[Tally]) -> Tally | None:
    """All of them together; None of none."""
    each = list(tallies)
    return reduce(Tally.plus, each) if each else None
