"""The area under the ROC curve with its variance, and of several models on the same rows with their covariance.

Training compares champion and challenger by it; late labels are judged by it, with weights where campaigns were run.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Aucs:
    """`values` `[models]` and `covariance` `[models, models]` of their areas."""

    values: _Numbers
    covariance: _Numbers

    def interval(self, model: int, level: float) -> tuple[float, float]:
        """Of one area, two-sided, cut to 0 and 1."""
        reach = _reach(self.covariance[model, model], level)
        return max(0.0, float(self.values[model] - reach)), min(1.0, float(self.values[model] + reach))

    def difference(self, level: float) -> tuple[float, float, float]:
        """The second area minus the first, with its two-sided interval."""
        value = float(self.values[1] - self.values[0])
        reach = _reach(self.covariance[0, 0] + self.covariance[1, 1] - 2 * self.covariance[0, 1], level)
        return value, value - reach, value + reach


def delong(target: NDArray[np.int64], *models: _Numbers, weights: _Numbers | None = None) -> Aucs:
    """DeLong, DeLong and Clarke-Pearson (1988) of scores `[rows]` each; time grows as rows x log(rows).

    `target` needs two rows of each class. `weights` `[rows]`, all above 0, say how many customers a row stands for; the
    variance is then that of the weighted placements, by the same decomposition, with the weights taken as given.
    """
    weight = np.ones(len(target)) if weights is None else weights
    churned = target == 1
    above = np.array([_shares_below(scores[churned], scores[~churned], weight[~churned]) for scores in models])
    below = np.array([1 - _shares_below(scores[~churned], scores[churned], weight[churned]) for scores in models])
    values, first = _mean_and_covariance(above, weight[churned])
    _, second = _mean_and_covariance(below, weight[~churned])
    return Aucs(values, first + second)


def _shares_below(scores: _Numbers, others: _Numbers, weights: _Numbers) -> _Numbers:
    """Of the others' weight, the share that lies below each score, of equal ones half."""
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    left, right = (np.searchsorted(others[order], scores, side=side) for side in ("left", "right"))
    shares: _Numbers = (sums[left] + sums[right]) / (2 * sums[-1])
    return shares


def _mean_and_covariance(placements: _Numbers, weights: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Of the mean of placements `[models, rows]`."""
    rows, total = len(weights), weights.sum()
    mean = placements @ weights / total
    apart = (placements - mean[:, None]) * weights
    return mean, apart @ apart.T / total**2 * (rows / (rows - 1))


def _reach(variance: float, level: float) -> float:
    return float(NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(max(0.0, variance)))
