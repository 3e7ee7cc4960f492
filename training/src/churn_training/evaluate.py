"""Fourth step: what the holdout says of the ensemble and of each member, with bootstrap intervals."""

import numpy as np
from churn_models.combine import Scores
from churn_models.frozen_model import FrozenModel

from churn_training.metrics import Metric, measure
from churn_training.training_data import Target

_RESAMPLES = 200


class Interval(FrozenModel):
    """A figure with its 95 % percentile bootstrap interval (Efron, 1979)."""

    value: float
    low: float
    high: float


class Evaluation(FrozenModel):
    """evaluation.json: holdout figures of the ensemble, and the plain ones of its members."""

    seed: int
    train_rows: int
    holdout_rows: int
    churn_rate: float
    ensemble: dict[Metric, Interval]
    members: dict[str, dict[Metric, float]]

    def values(self) -> dict[Metric, float]:
        """The ensemble's figures without their intervals."""
        return {metric: interval.value for metric, interval in self.ensemble.items()}


def with_intervals(target: Target, scores: Scores, seed: int) -> dict[Metric, Interval]:
    """Every metric on these rows, and on resamples that keep the churn rate."""
    generator = np.random.default_rng(seed)
    classes = [np.flatnonzero(target == label) for label in (0, 1)]
    resampled = []
    for _ in range(_RESAMPLES):
        rows = np.concatenate([generator.choice(members, len(members)) for members in classes])
        resampled.append(measure(target[rows], scores[rows]))
    intervals = {}
    for metric, value in measure(target, scores).items():
        low, high = np.quantile([sample[metric] for sample in resampled], [0.025, 0.975])
        intervals[metric] = Interval(value=value, low=float(low), high=float(high))
    return intervals
