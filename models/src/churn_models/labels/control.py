"""Weights that undo what retention campaigns do to labels: a customer who was won back looks like a false alarm.

Leaving the treated out is no way: what is left lacks the riskiest customers (an AUC of .849 reads as .806). Where a
campaign left some of those that it would have picked alone by chance, these stand for all of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_models.labels.judged_rows import Treatment

FEWEST = 30
"""Customers left alone among those that campaigns pick, below which they stand for nobody."""
_STRATA = 5
_OF_A_STRATUM = 20
"""Treated customers that a stratum has at least."""


@dataclass(frozen=True)
class Control:
    """What is known of campaigns from rows alone, never from their labels."""

    treated: int
    """Rows of customers that were acted upon."""
    left_alone: int
    """Rows of the control: left alone, with scores like those of the treated."""
    weights: NDArray[np.float64] | None
    """How many customers each row stands for `[rows]`; 0 for the treated. None: there is no control to speak of."""

    @property
    def share(self) -> float | None:
        """Of the customers that campaigns pick, those left alone; None where there were no campaigns."""
        return self.left_alone / (self.left_alone + self.treated) if self.treated else None


def control_of(score: NDArray[np.float64], treatment: NDArray[np.int8]) -> Control:
    """Of rows with a score and a Treatment `[rows]`.

    Scores of the treated are divided at their own quantiles. In each part, the customers that were left alone stand
    for the treated, too: each counts (treated + left alone) / left alone (Horvitz and Thompson, 1952, by strata).
    Below the lowest score that was treated everybody counts once. So it does not matter whether only a control is
    marked as left alone, or everybody whom no campaign picked.
    """
    treated, alone = treatment == Treatment.TREATED, treatment == Treatment.LEFT_ALONE
    weights = np.ones(len(score))
    if not treated.any():
        return Control(0, 0, weights)
    number = max(1, min(_STRATA, int(treated.sum()) // _OF_A_STRATUM))
    inner = np.quantile(score[treated], np.arange(1, number) / number)
    stratum = np.searchsorted(inner, score, side="right")
    picked = np.bincount(stratum[treated], minlength=number)
    is_control = alone & (score >= score[treated].min())
    left = np.bincount(stratum[is_control], minlength=number)
    weights[treated] = 0.0
    known = int(left.sum()) >= FEWEST and bool((left[picked > 0] > 0).all())
    if known:
        weights[is_control] = ((picked + left) / np.maximum(left, 1))[stratum[is_control]]
    return Control(int(treated.sum()), int(left.sum()), weights if known else None)
