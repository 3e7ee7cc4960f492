"""Times as counts by bounds: how long the usual ones took, and how many took longer than that."""

from collections.abc import Sequence
from math import inf

_OFTEN = 1 / 3
"""Of the times, that are above nine of ten of the others', as one in ten of equal ones is. Where no core is free,
pauses of a process make a mean slow: an equal version was quarantined for them on real kind."""


def quantile_bound(buckets: Sequence[int], bounds: Sequence[float], share: float) -> float:
    """Seconds that `share` of the times did not exceed: the upper bound of the bucket; inf in the last one."""
    needed, seen = share * sum(buckets), 0
    for rows, bound in zip(buckets, (*bounds, inf), strict=False):
        seen += rows
        if seen >= needed:
            return bound
    return inf


def count_above(buckets: Sequence[int], bounds: Sequence[float], seconds: float) -> int:
    """How many times were certainly longer: those in buckets that begin there or above."""
    return sum(rows for rows, begin in zip(buckets, (0.0, *bounds), strict=False) if begin >= seconds)


def is_often_above(mine: Sequence[int], others: Sequence[int], bounds: Sequence[float]) -> bool:
    """Whether every third of my times is longer than nine of ten of the others'."""
    return count_above(mine, bounds, quantile_bound(others, bounds, 0.9)) >= _OFTEN * sum(mine)
