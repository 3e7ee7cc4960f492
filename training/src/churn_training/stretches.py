"""Stretches of time with equally many rows: what differs between them is what one moment has and the next one has not.

Rows of one hour share the weather, a campaign, a source that was down. So figures of later rows wander by more than as
many independent rows would. `build_reference` and `compare` measure by how much, for the operator that judges windows.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from churn_training.split import Positions

FEWEST = 4
"""Stretches: of fewer no spread is told."""
_NEXT_LEVEL = 0.99
MEAN_LEVEL = 0.95

Times = NDArray[np.float64]


def stretches(times: Times | None, size: int) -> list[Positions]:
    """Row positions of stretches of about `size` rows each, one after the other; none without times, or with few rows.

    `times` `[rows]` are in any order. Rows of one moment stay together only where a stretch does not end there.
    """
    if times is None or len(times) < FEWEST * size:
        return []
    order = np.argsort(times, kind="stable")
    ends = np.linspace(0, len(order), len(order) // size + 1).round().astype(int)
    return [order[first:end] for first, end in pairwise(ends)]


def spread_of_share(hits: NDArray[np.bool_], parts: list[Positions]) -> float:
    """Standard deviation of a share between stretches, beyond what chance alone brings about; 0.0 where that is all.

    The moments' estimate of a random effect (DerSimonian and Laird, Controlled Clinical Trials 7, 1986): the variance
    between the stretches less the mean binomial variance within one.
    """
    if len(parts) < FEWEST:
        return 0.0
    shares = np.array([hits[part].mean() for part in parts])
    chance = np.mean([share * (1 - share) / len(part) for share, part in zip(shares, parts, strict=True)])
    return float(np.sqrt(max(0.0, shares.var(ddof=1) - chance)))


def mean_interval(figures: list[float]) -> tuple[float, float, float] | None:
    """The figure's mean over stretches, and where it lies with 95 % probability; None of fewer than FEWEST.

    Student's t of the stretches' own figures (Ibragimov and Mueller, Journal of Business and Economic Statistics 28,
    2010): it holds whatever the dependence within a stretch and however their variances differ.
    """
    if len(figures) < FEWEST:
        return None
    found = np.array(figures)
    reach = t.ppf((1 + MEAN_LEVEL) / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))
    return float(found.mean()), float(found.mean() - reach), float(found.mean() + reach)


def next_interval(figures: list[float]) -> tuple[float, float] | None:
    """Where the figure of one more stretch lies, with 99 % probability; None of fewer than FEWEST stretches.

    Student's prediction interval (Hahn and Meeker, Statistical Intervals, 1991, section 4.7). It takes each stretch as
    one observation, so rows within it may depend on each other in any way.
    """
    if len(figures) < FEWEST:
        return None
    found = np.array(figures)
    reach = t.ppf((1 + _NEXT_LEVEL) / 2, len(found) - 1) * found.std(ddof=1) * np.sqrt(1 + 1 / len(found))
    return float(found.mean() - reach), float(found.mean() + reach)
