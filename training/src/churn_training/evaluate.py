"""Fourth step: what the rows that judge say of the ensemble and of each member, with intervals.

Every interval has a formula or a few hundred draws of ten numbers: resampling a million rows took two minutes.
"""

import math

import numpy as np
from churn_models.combine import Scores
from churn_models.delong import delong
from churn_models.frozen_model import FrozenModel
from numpy.typing import NDArray

from churn_training.intervals import LEVEL, Bounds, Z, wilson
from churn_training.judged_rows import JudgedRows
from churn_training.metrics import CALIBRATION_BINS, TOP, Metric, calibration_bins, measure
from churn_training.split import SplitRule
from churn_training.training_data import Target

_DRAWS = 500


class Interval(FrozenModel):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class Evaluation(FrozenModel):
    """evaluation.json: figures of the ensemble on the rows that judge, and the plain ones of its members."""

    seed: int
    split: SplitRule
    train_rows: int
    holdout_rows: int
    waiting_rows: int
    """Rows whose class was not known yet (`label_delay`), used for nothing."""
    churn_rate: float
    ensemble: dict[Metric, Interval]
    members: dict[str, dict[Metric, float]]

    def values(self) -> dict[Metric, float]:
        """The ensemble's figures without their intervals."""
        return {metric: interval.value for metric, interval in self.ensemble.items()}


def member_figures(names: tuple[str, ...], judged: JudgedRows, threshold: float) -> dict[str, dict[Metric, float]]:
    """Every metric of each member."""
    columns = zip(names, judged.members.T, strict=True)
    return {name: measure(judged.data.target, scores, threshold) for name, scores in columns}


def with_intervals(target: Target, scores: Scores, seed: int, threshold: float = 0.5) -> dict[Metric, Interval]:
    """Every metric on these rows; AUC by DeLong, means by their standard error, shares by Wilson (1927)."""
    values = measure(target, scores, threshold)
    bounds = {
        Metric.AUC: delong(target, scores).interval(0, LEVEL),
        Metric.ACCURACY: wilson(round(values[Metric.ACCURACY] * len(target)), len(target)),
        Metric.LOG_LOSS: _mean(_log_losses(target, scores), values[Metric.LOG_LOSS]),
        Metric.BRIER: _mean(np.square(target - scores), values[Metric.BRIER]),
        Metric.CALIBRATION_ERROR: _calibration(target, scores, seed),
        Metric.LIFT: _lift(target, values[Metric.LIFT]),
    }
    return {
        metric: Interval(value=value, low=bounds[metric][0], high=bounds[metric][1]) for metric, value in values.items()
    }


def _mean(values: NDArray[np.float64], mean: float) -> Bounds:
    reach = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return max(0.0, mean - reach), mean + reach


def _lift(target: Target, lift: float) -> Bounds:
    """By the delta method on its logarithm: churners are drawn in the top and among the others, each by itself."""
    top = max(1, round(len(target) * TOP))
    churners = float(target.sum())
    found = max(0.5, lift * churners / len(target) * top)
    inside = found * (1 - min(1.0, found / top)) * (1 / found - 1 / churners) ** 2
    rest = churners - found
    outside = rest * (1 - rest / max(1, len(target) - top)) / churners**2
    reach = math.exp(Z * math.sqrt(max(0.0, inside + outside)))
    return lift / reach, lift * reach


def _log_losses(target: Target, scores: Scores) -> NDArray[np.float64]:
    smallest = np.finfo(np.float64).eps
    certain = np.where(target == 1, scores, 1 - scores)
    return np.asarray(-np.log(np.clip(certain, smallest, 1)), dtype=np.float64)


def _calibration(target: Target, scores: Scores, seed: int) -> Bounds:
    """The error that the bins would show with as many churners as they had, drawn again."""
    rows, churned, expected = calibration_bins(target, scores)
    shares = churned / np.maximum(rows, 1)
    drawn = np.random.default_rng(seed).binomial(rows.astype(int), shares, size=(_DRAWS, CALIBRATION_BINS))
    errors = np.abs(drawn - expected).sum(axis=1) / len(target)
    low, high = np.quantile(errors, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
