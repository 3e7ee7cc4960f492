"""From which P(churn) on the decision is churn: fixed, or the best one for out-of-fold scores."""

import numpy as np
from churn_models.combine import Scores
from churn_models.ensemble_spec import Maximise, Threshold
from numpy.typing import NDArray

from churn_training.training_data import Target

_ENDS = 1e-9
"""A threshold is above 0 and below 1."""


def decision_threshold(threshold: Threshold, target: Target, scores: Scores) -> float:
    """`target` 0 or 1 and `scores` `[rows]` of rows that no fit has seen; the lowest of equally good ones."""
    if threshold.at is not None:
        return threshold.at
    # Every decision that these scores can make: all customers, fewer and fewer of them, nobody.
    distinct = np.unique(scores)
    between = (distinct[1:] + distinct[:-1]) / 2
    candidates = np.clip([distinct[0] / 2, *between, (1 + distinct[-1]) / 2], _ENDS, 1 - _ENDS)
    hits, chosen = _above(candidates, scores[target == 1]), _above(candidates, scores)
    if threshold.maximise is Maximise.F1:
        gains = 2 * hits / (chosen + target.sum())
    else:
        gains = threshold.value * hits - threshold.cost * chosen
    return float(candidates[np.argmax(gains)])


def _above(candidates: Scores, scores: Scores) -> NDArray[np.float64]:
    """How many of the scores reach each candidate."""
    return (len(scores) - np.searchsorted(np.sort(scores), candidates, side="left")).astype(np.float64)
