"""What a version's scores were worth, once it is known who left: AUC, Brier score and calibration of weighted rows."""

import numpy as np
from numpy.typing import NDArray

from churn_models.delong import delong
from churn_models.frozen_model import FrozenModel

LEVEL = 0.95
_Z = 1.959964
_FEWEST_OF_A_CLASS = 2

_Numbers = NDArray[np.float64]


class Figure(FrozenModel):
    """With its two-sided 95 % interval, which holds for one look, not for all."""

    value: float
    low: float
    high: float


def realised_auc(churned: NDArray[np.int64], score: _Numbers, weights: _Numbers) -> Figure | None:
    """By DeLong, weighted; None with fewer than two of a class. All are `[rows]`, with weights above 0."""
    if min((churned == 1).sum(), (churned == 0).sum()) < _FEWEST_OF_A_CLASS:
        return None
    areas = delong(churned, score, weights=weights)
    low, high = areas.interval(0, LEVEL)
    return Figure(value=float(areas.values[0]), low=low, high=high)


def realised_brier(churned: NDArray[np.int64], score: _Numbers, weights: _Numbers) -> Figure | None:
    """Mean squared error (Brier, 1950); None without rows."""
    if not len(score):
        return None
    loss = (score - churned) ** 2
    mean = float(np.average(loss, weights=weights))
    reach = _Z * float(np.sqrt(np.sum((weights * (loss - mean)) ** 2))) / float(weights.sum())
    return Figure(value=mean, low=max(0.0, mean - reach), high=mean + reach)


def realised_calibration(churned: NDArray[np.int64], score: _Numbers, weights: _Numbers) -> Figure | None:
    """Churners that came, divided by churners that the scores expected; None where they expect none.

    The interval is that of a ratio of sums (Cochran, Sampling Techniques, 1977, section 6.4).
    """
    expected = float(weights @ score)
    if expected <= 0:
        return None
    ratio = float(weights @ churned) / expected
    reach = _Z * float(np.sqrt(np.sum((weights * (churned - ratio * score)) ** 2))) / expected
    return Figure(value=ratio, low=max(0.0, ratio - reach), high=ratio + reach)
