"""The area under the ROC curve with its variance, and of several models on the same rows with their covariance."""

from dataclasses import dataclass

import numpy as np
from churn_models.combine import Scores
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from churn_training.training_data import Target


@dataclass(frozen=True)
class Aucs:
    """`values` `[models]` and `covariance` `[models, models]` of their areas."""

    values: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def interval(self, model: int, level: float) -> tuple[float, float]:
        """Of one area, two-sided, cut to 0 and 1."""
        reach = _reach(self.covariance[model, model], level)
        return max(0.0, float(self.values[model] - reach)), min(1.0, float(self.values[model] + reach))

    def difference(self, level: float) -> tuple[float, float, float]:
        """The second area minus the first, with its two-sided interval."""
        value = float(self.values[1] - self.values[0])
        reach = _reach(self.covariance[0, 0] + self.covariance[1, 1] - 2 * self.covariance[0, 1], level)
        return value, value - reach, value + reach


def delong(target: Target, *models: Scores) -> Aucs:
    """DeLong, DeLong and Clarke-Pearson (1988) of scores `[rows]` each, by the ranks of Sun and Xu (2014).

    `target` needs two rows of each class; time grows as rows x log(rows).
    """
    churned = target == 1
    positive, negative = int(churned.sum()), int((~churned).sum())
    above = np.empty((len(models), positive))
    below = np.empty((len(models), negative))
    for number, scores in enumerate(models):
        ranks = rankdata(scores)
        above[number] = (ranks[churned] - rankdata(scores[churned])) / negative
        below[number] = 1 - (ranks[~churned] - rankdata(scores[~churned])) / positive
    covariance = np.atleast_2d(np.cov(above)) / positive + np.atleast_2d(np.cov(below)) / negative
    return Aucs(above.mean(axis=1), covariance)


def _reach(variance: float, level: float) -> float:
    return float(norm.ppf((1 + level) / 2) * np.sqrt(max(0.0, variance)))
