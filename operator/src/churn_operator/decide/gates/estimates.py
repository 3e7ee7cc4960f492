"""Figures of paired scores with what sampling does to them, from the joint counts: for the gate of scores."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from churn_models.paired_scores import PairedScores
from numpy.typing import NDArray

_Shares = NDArray[np.float64]

_LEAST = 0.5
"""Rows that an empty bin counts as, as in `population_stability`."""


@dataclass(frozen=True)
class Estimate:
    """A figure of n pairs."""

    value: float
    deviation: float
    """Standard deviation of what one pair adds: the figure's own is this divided by sqrt(n)."""


def estimate_score_psi(joint: PairedScores) -> Estimate:
    """The stability index of both margins, less the part that few pairs alone bring about.

    By the delta method (van der Vaart, Asymptotic Statistics, 1998, section 3): the deviation from the gradient of
    sum (c - s) ln(c / s) in the joint shares, the bias from its second derivatives. The margins are of the same rows,
    so their covariance takes most of the noise away that two samples would have.
    """
    counts = joint.counts()
    shares = counts / counts.sum()
    s, c = (np.maximum(counts.sum(axis=axis), _LEAST) for axis in (1, 0))
    s, c = s / s.sum(), c / c.sum()
    logs = np.log(c / s)
    gradient = (1 - c / s - logs)[:, None] + (1 - s / c + logs)[None, :]
    both = np.diag(shares) - s * c
    spread = (1 / c + s / c**2) * c * (1 - c) + (1 / s + c / s**2) * s * (1 - s) - 2 * (1 / c + 1 / s) * both
    value = float(np.sum((c - s) * logs) - spread.sum() / 2 / counts.sum())
    return Estimate(max(value, 0.0), _deviation(shares, gradient))


def estimate_rank_correlation(joint: PairedScores) -> Estimate | None:
    """Spearman's, of mid-ranks of bins; None where one model's scores are all in one bin.

    By the delta method too: the gradient of cov(R, Q) / sqrt(var R var Q) in the joint shares, by which the mid-ranks
    R and Q move as well.
    """
    value = joint.rank_correlation
    if value is None:
        return None
    counts = joint.counts()
    shares = counts / counts.sum()
    s, c = shares.sum(axis=1), shares.sum(axis=0)
    first, second = _mid_ranks(s), _mid_ranks(c)
    var_first, var_second = s @ first**2, c @ second**2
    moves_first = _ranks_moved(shares @ second)
    moves_second = _ranks_moved(first @ shares)
    covariance = np.outer(first, second) + moves_first[:, None] + moves_second[None, :]
    of_first = first**2 + 2 * _ranks_moved(s * first)
    of_second = second**2 + 2 * _ranks_moved(c * second)
    gradient = covariance / sqrt(var_first * var_second)
    gradient = gradient - value / 2 * (of_first[:, None] / var_first + of_second[None, :] / var_second)
    return Estimate(value, _deviation(shares, gradient))


def _mid_ranks(margin: _Shares) -> _Shares:
    """Between -1/2 and 1/2; their mean is 0."""
    return np.asarray(np.cumsum(margin) - margin / 2 - 0.5, dtype=np.float64)


def _ranks_moved(weights: _Shares) -> _Shares:
    """What a share more in bin a adds to the weighted sum of mid-ranks: all of those above a, half of a's own."""
    return np.asarray(weights.sum() - np.cumsum(weights) + weights / 2, dtype=np.float64)


def _deviation(shares: _Shares, gradient: _Shares) -> float:
    mean = float((shares * gradient).sum())
    return sqrt(max(float((shares * (gradient - mean) ** 2).sum()), 0.0))
