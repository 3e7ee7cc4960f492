"""What an ensemble is judged by, each a pure function of the truth (0 or 1) and P(churn), both `[rows]`."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from churn_models.combine import Scores
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from churn_training.training_data import Target

Figures = NDArray[np.float64]

CALIBRATION_BINS = 10
TOP = 0.1
"""The share of customers, highest scores first, that a campaign could reach."""


class Metric(StrEnum):
    """The figures of evaluation.json."""

    AUC = "auc"
    ACCURACY = "accuracy"
    LOG_LOSS = "log_loss"
    BRIER = "brier"
    CALIBRATION_ERROR = "calibration_error"
    LIFT = "lift_at_10_percent"


def calibration_error(target: Target, scores: Scores) -> float:
    """Expected calibration error over ten equally wide bins (Naeini et al., 2015)."""
    _, churned, expected = calibration_bins(target, scores)
    return float(np.abs(churned - expected).sum() / len(target))


def calibration_bins(target: Target, scores: Scores) -> tuple[Figures, Figures, Figures]:
    """Rows, churners, and churners that the scores expect, of each bin `[CALIBRATION_BINS]`."""
    bins = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows = np.bincount(bins, minlength=CALIBRATION_BINS).astype(np.float64)
    churned, expected = (np.bincount(bins, weights, CALIBRATION_BINS) for weights in (target, scores))
    return rows, np.asarray(churned, dtype=np.float64), np.asarray(expected, dtype=np.float64)


def lift_at_10_percent(target: Target, scores: Scores) -> float:
    """How much more often the tenth with the highest scores churns than everybody."""
    top = max(1, round(len(scores) * TOP))
    highest = np.argsort(-scores, kind="stable")[:top]
    return float(target[highest].mean() / target.mean())


METRICS: dict[Metric, Callable[[Target, Scores], float]] = {
    Metric.AUC: lambda target, scores: float(roc_auc_score(target, scores)),
    Metric.LOG_LOSS: lambda target, scores: float(log_loss(target, scores)),
    Metric.BRIER: lambda target, scores: float(brier_score_loss(target, scores)),
    Metric.CALIBRATION_ERROR: calibration_error,
    Metric.LIFT: lift_at_10_percent,
}


def measure(target: Target, scores: Scores, threshold: float = 0.5) -> dict[Metric, float]:
    """Every metric; `threshold` is the score from which the decision is churn."""
    figures = {metric: function(target, scores) for metric, function in METRICS.items()}
    return figures | {Metric.ACCURACY: float(accuracy_score(target, scores >= threshold))}
