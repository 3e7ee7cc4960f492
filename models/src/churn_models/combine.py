"""How the members' probabilities join into one P(churn): mean, weighted, vote, stack.

Pure functions of a `[rows, members]` matrix. Training fits the weights; everybody combines through `combine`.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

_CLIP = 1e-6
_VOTE_THRESHOLD = 0.5


class CombineRule(StrEnum):
    """How members join; each value is also the word in ensemble.yaml."""

    MEAN = "mean"  # the plain average
    WEIGHTED = "weighted"  # the average by the members' weights
    VOTE = "vote"  # the share of members, by weight, that say churn
    STACK = "stack"  # logistic regression on the members' log-odds


def combine(rule: CombineRule, members: Scores, weights: Sequence[float], intercept: float = 0.0) -> Scores:
    """Join `[rows, members]` probabilities into `[rows]`.

    Weights follow the members' order; `mean` ignores them, `stack` takes them as coefficients together
    with the intercept (Wolpert, Stacked generalization, 1992).
    """
    coefficients = np.asarray(weights, dtype=np.float64)
    match rule:
        case CombineRule.MEAN:
            return _rowwise(members, np.full(members.shape[1], 1 / members.shape[1]))
        case CombineRule.WEIGHTED:
            return _rowwise(members, coefficients / coefficients.sum())
        case CombineRule.VOTE:
            return _rowwise((members >= _VOTE_THRESHOLD).astype(np.float64), coefficients / coefficients.sum())
        case CombineRule.STACK:
            odds = _rowwise(log_odds(members), coefficients) + intercept
            return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)


def log_odds(probabilities: Scores) -> Scores:
    """log(p / (1 - p)), clipped so that a certain member stays finite."""
    clipped = np.clip(probabilities, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float64)


def _rowwise(members: Scores, weights: Scores) -> Scores:
    # Summed member by member, not by a matrix product: BLAS adds in another order for another number
    # of rows, and one row alone must score exactly what it scores in a batch.
    total = np.zeros(members.shape[0], dtype=np.float64)
    for column, weight in enumerate(weights):
        total += members[:, column] * weight
    return total
