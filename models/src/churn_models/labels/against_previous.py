"""Would the version before have scored the same customers better? By the squared errors of both, customer by customer.

The claim that is bet against: it would not have.
"""

import numpy as np
from numpy.typing import NDArray

from churn_models.labels.judged_rows import JudgedRows


def gains_against(rows: JudgedRows, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much worse the version did than the one before, of each row that both scored, from -1 to 1 `[paired rows]`.

    The difference of squared errors lies within bounds that scores alone tell before the label comes: 1 is the greatest
    of all rows until then. Rows that stand for nobody are left out.
    """
    paired = ~np.isnan(rows.previous) & (weights > 0)
    score, previous, churned = rows.score[paired], rows.previous[paired], rows.churned[paired]
    weight = weights[paired]
    worse = weight * ((score - churned) ** 2 - (previous - churned) ** 2)
    bound = weight * np.maximum(np.abs(score**2 - previous**2), np.abs((1 - score) ** 2 - (1 - previous) ** 2))
    greatest = np.maximum.accumulate(bound)
    return np.divide(worse, greatest, out=np.zeros_like(worse), where=greatest > 0)


def brier_difference(rows: JudgedRows, weights: NDArray[np.float64]) -> float:
    """Squared error of the version minus that of the one before, in the mean of the rows that both scored."""
    paired = ~np.isnan(rows.previous) & (weights > 0)
    worse = (rows.score - rows.churned) ** 2 - (rows.previous - rows.churned) ** 2
    return float(np.average(worse[paired], weights=weights[paired]))
