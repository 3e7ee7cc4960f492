"""Two models' scores of the same rows, as counts that add up over pods: what a rollout's evidence is made of.

Every serving pod counts its own pairs and tells them at `/state`; the operator adds the pods' counts up.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from churn_models.digest import Digest
from churn_models.frozen_model import FrozenModel
from churn_models.score_shift import population_stability

LARGEST_COUNT = 1 << 45
"""What no process counts in years: whoever says more has not counted. Sums over any number of pods are exact then."""

_ROWS = itemgetter(2)
"""Of a cell. Hundreds of cells are summed up many times a look."""

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


class PairedScores(FrozenModel):
    """How often a row fell into bin `i` of the stable model's scores and into bin `j` of the other's.

    Both are binned on the same edges. The joint counts are sufficient for both figures here: the stability index needs
    their margins, the rank correlation their ranks, those within a bin being equal.
    """

    stable: Digest
    other: Digest
    edges_of: Digest
    """Whose bundle's score edges (`reference.json`) divide the bins: those that `comparison.json` used."""
    bins: int = Field(ge=1, le=1_000)
    cells: tuple[tuple[int, int, Count], ...] = ()
    """`(i, j, rows)`, those without rows left out. A row counts once, however often it is sent."""
    repeated: Count = 0
    """Rows that were scored by both and are not in the cells: this process had seen the same before."""

    @model_validator(mode="after")
    def _cells_are_in_the_bins(self) -> Self:
        if any(not (0 <= i < self.bins and 0 <= j < self.bins) for i, j, _ in self.cells):
            raise ValueError(f"a cell outside {self.bins} bins")
        if self.rows > LARGEST_COUNT:
            raise ValueError("more rows than can be counted")
        return self

    @property
    def rows(self) -> int:
        """How many were scored by both, whether they came once or again and again."""
        return self.different + self.repeated

    @property
    def different(self) -> int:
        """How many of them are in the cells."""
        return sum(map(_ROWS, self.cells))

    @property
    def score_psi(self) -> float | None:
        """Population stability index of the two models' scores; None without rows."""
        counts = self.counts()
        return population_stability(counts.sum(axis=1), counts.sum(axis=0)) if self.cells else None

    @property
    def rank_correlation(self) -> float | None:
        """Spearman's, rows of one bin sharing their mean rank; None where one model's scores are all in one bin."""
        counts = self.counts()
        margins = counts.sum(axis=1), counts.sum(axis=0)
        if any(np.count_nonzero(margin) < 2 for margin in margins):  # one rank correlates with nothing
            return None
        first, second = (_centred_ranks(margin) for margin in margins)
        covariance = first @ counts @ second
        return float(covariance / np.sqrt((first**2 @ margins[0]) * (second**2 @ margins[1])))

    def counts(self) -> NDArray[np.int64]:
        """The cells `[bins, bins]`."""
        counts = np.zeros((self.bins, self.bins), dtype=np.int64)
        for i, j, rows in self.cells:
            counts[i, j] += rows
        return counts


def sum_of(pairs: Iterable[PairedScores]) -> PairedScores | None:
    """The counts of several pods, which must be of the same two models on the same edges. Raises ValueError."""
    total: dict[tuple[int, int], int] = {}
    kinds, repeated = {}, 0
    for one in pairs:
        repeated += one.repeated
        kinds[one.stable, one.other, one.edges_of, one.bins] = one
        for i, j, rows in one.cells:
            total[i, j] = total.get((i, j), 0) + rows
    if len(kinds) > 1:
        raise ValueError("pairs of different models, or on different edges, do not add up")
    cells = tuple((i, j, rows) for (i, j), rows in sorted(total.items()))
    return next((one.model_copy(update={"cells": cells, "repeated": repeated}) for one in kinds.values()), None)


def _centred_ranks(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each bin the mean rank of its rows, less the mean rank of all."""
    before = np.cumsum(counts) - counts
    return np.asarray(before + counts / 2 - counts.sum() / 2, dtype=np.float64)
