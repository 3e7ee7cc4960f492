"""What an ensemble is judged by, each a pure function of the truth (0 or 1) and P(churn), both `[rows]`."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from churn_models.combine import Scores
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from churn_training.training_data import Target

_BINS = 10
_TOP = 0.1


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
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=target - scores, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(target))


def lift_at_10_percent(target: Target, scores: Scores) -> float:
    """How much more often the tenth with the highest scores churns than everybody."""
    top = max(1, round(len(scores) * _TOP))
    highest = np.argsort(-scores, kind="stable")[:top]
    return float(target[highest].mean() / target.mean())


METRICS: dict[Metric, Callable[[Target, Scores], float]] = {
    Metric.AUC: lambda target, scores: float(roc_auc_score(target, scores)),
    Metric.ACCURACY: lambda target, scores: float(accuracy_score(target, scores >= 0.5)),
    Metric.LOG_LOSS: lambda target, scores: float(log_loss(target, scores)),
    Metric.BRIER: lambda target, scores: float(brier_score_loss(target, scores)),
    Metric.CALIBRATION_ERROR: calibration_error,
    Metric.LIFT: lift_at_10_percent,
}


def measure(target: Target, scores: Scores) -> dict[Metric, float]:
    """Every metric."""
    return {metric: function(target, scores) for metric, function in METRICS.items()}
