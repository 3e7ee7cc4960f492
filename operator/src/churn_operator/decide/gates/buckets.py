"""Times as counts by bounds: how long the usual ones took, and how many took longer than that."""

from collections.abc import Sequence
from math import inf


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
