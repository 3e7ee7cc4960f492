"""Would the version before have scored the same customers better? By the squared errors of both, customer by customer.

The claim that is bet against: it would not have.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from churn_models.delong import delong
from churn_models.labels.judged_rows import JudgedRows
from churn_models.labels.realised import Figure

_FEWEST_OF_A_CLASS = 2
_STRETCHES = 8
_STUDENT = 3.499483
"""Of Student's t with 7 degrees of freedom, one less than stretches, what one value in 200 exceeds."""


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


def auc_difference(rows: JudgedRows, weights: NDArray[np.float64]) -> Figure | None:
    """AUC of the version minus that of the one before, in the mean of eight stretches of time, with a 99 % interval.

    Of the rows that both scored; None where a stretch lacks a class. Rows of one moment are not independent: on a day
    that neither version knows, all rows of the day speak for the one that happens to expect more. Student's t of the
    stretches' own figures holds whatever the dependence within one (Ibragimov and Mueller, Journal of Business and
    Economic Statistics 28, 2010).
    """
    paired = np.flatnonzero(~np.isnan(rows.previous) & (weights > 0))
    paired = paired[np.argsort(rows.made[paired], kind="stable")]
    found = []
    for part in np.array_split(paired, _STRETCHES):
        churned = rows.churned[part]
        if min((churned == 1).sum(), (churned == 0).sum()) < _FEWEST_OF_A_CLASS:
            return None
        values = delong(churned, rows.score[part], rows.previous[part], weights=weights[part]).values
        found.append(float(values[0] - values[1]))
    mean, reach = float(np.mean(found)), _STUDENT * float(np.std(found, ddof=1)) / sqrt(_STRETCHES)
    return Figure(value=mean, low=mean - reach, high=mean + reach)
