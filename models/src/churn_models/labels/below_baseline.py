"""Does a version order customers worse than on the rows that judged it in training? By pairs within blocks of rows.

The claim that is bet against: its AUC is at least the baseline less a margin.
"""

import numpy as np
from numpy.typing import NDArray

from churn_models.labels.judged_rows import JudgedRows

MARGIN = 0.02
"""How far below the baseline counts: less is what a good version loses, too, on later rows."""
_BLOCK = 20
"""Rows of a block where all weigh alike: large enough to have both classes, small enough to bet often."""
_BLOCK_OF_WEIGHT = 5.0
"""Rows of a block for each customer that the heaviest row stands for."""


def gains_below(rows: JudgedRows, weights: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """How much worse than an AUC of `floor` the rows of each block are ordered, at least -1 `[blocks]`.

    Of every churner and other customer in a block: 1 where they are ordered wrongly, half where their scores are equal,
    less 1 - floor; times both weights, and added up. The sum is at most 0 in the mean where the AUC is at least
    `floor`, without any ratio of sums, which would be biased where a few rows are heavy. It is divided by what it can
    lose at most, as weights alone tell before labels come: the greatest of all blocks until then.
    """
    counted = np.flatnonzero(weights > 0)
    size = max(_BLOCK, int(_BLOCK_OF_WEIGHT * weights.max(initial=0.0)))
    blocks = counted[: len(counted) // size * size].reshape(-1, size)
    if not len(blocks):
        return np.zeros(0)
    allowed = 1 - floor
    most = np.maximum.accumulate(weights[blocks].sum(axis=1) ** 2 / 4)
    sums = np.array([_excess(rows.churned[b], rows.score[b], weights[b], allowed) for b in blocks])
    return np.asarray(sums / (allowed * most), dtype=np.float64)


def _excess(
    churned: NDArray[np.int64], score: NDArray[np.float64], weight: NDArray[np.float64], allowed: float
) -> float:
    yes, no = churned == 1, churned == 0
    gap = score[yes][:, None] - score[no][None, :]
    wrong = (gap < 0) + 0.5 * (gap == 0) - allowed
    return float(weight[yes] @ wrong @ weight[no])
