"""Whether a number has changed its unit: the same distribution, times something."""

import numpy as np
from churn_models.drift.magnitudes import LARGEST_KEY, STEPS, magnitude_of
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.reference import QUANTILES, NumericReference
from numpy.typing import NDArray

LEAST_RATIO = 5.0
"""Of the medians, or of the first higher quantile that is not 0 where most rows are 0."""
_ORIGIN = LARGEST_KEY - STEPS * 128
_MOST_DISTANCE = 0.1
_HALF_A_KEY_LESS = 2.0 ** (-0.5 / STEPS)
_TRIED = 2.0 ** (np.linspace(-1.0, 1.0, 17) / STEPS)
"""A key of the sketch is a quarter of an octave wide, so the ratio of two quantiles is known no better than that."""

Floats = NDArray[np.float64]


def has_other_unit(reference: NumericReference, counts: NumericCounts) -> bool:
    """Whether the values are at least 5 times as large, or small, and with that taken out training's (D < 0.1)."""
    if not reference.quantiles or reference.low is None or not counts.magnitudes:
        return False
    keys, shares = _sketch(counts.magnitudes)
    ratio, least = _ratio(reference, keys, shares), LEAST_RATIO * _HALF_A_KEY_LESS
    if ratio is None or 1 / least < ratio < least:
        return False
    if _zeros(reference):
        keys, shares = _sketch({key: rows for key, rows in counts.magnitudes.items() if key})
    ends = np.array([_upper_end(int(key)) for key in keys])
    return min(_distance(reference, ends / (ratio * by), shares) for by in _TRIED) < _MOST_DISTANCE


def _sketch(magnitudes: dict[int, int]) -> tuple[NDArray[np.int64], Floats]:
    """Keys in their order, and the share of values up to each."""
    keys = np.array(sorted(magnitudes), dtype=np.int64)
    rows = np.array([magnitudes[int(key)] for key in keys], dtype=np.float64)
    return keys, np.cumsum(rows) / rows.sum()


def _zeros(reference: NumericReference) -> int:
    """Training's rows at 0, where it is the least value and has a bin of its own: no unit changes them.

    They are left out of the comparison. Where nearly all rows are 0, such as of rain, any wet day would fit otherwise.
    """
    has_own = reference.low == 0.0 and reference.histogram.edges[:1] == (0.0,)
    return reference.histogram.counts[0] if has_own else 0


def _ratio(reference: NumericReference, keys: NDArray[np.int64], shares: Floats) -> float | None:
    """Of the values now to training's; None where they have no common sign."""
    for share in (0.5, 0.75, 0.95):
        expected = reference.quantiles[QUANTILES.index(share)]
        now = magnitude_of(int(keys[np.searchsorted(shares, share)]))
        if expected and now:
            ratio = now / expected
            return ratio if ratio > 0 else None
    return None


def _upper_end(key: int) -> float:
    """The largest value that has this key, or less: keys are in the order of values."""
    if key == 0:
        return 0.0
    return float(2.0 ** ((key - _ORIGIN + 1) / STEPS)) if key > 0 else -float(2.0 ** ((-key - _ORIGIN) / STEPS))


def _distance(reference: NumericReference, values: Floats, shares: Floats) -> float:
    """The least that D can be: within one of its bins, training's distribution may lie anywhere."""
    low, high = reference.low or 0.0, reference.high or 0.0
    edges = np.array(reference.histogram.edges)
    rows = np.array(reference.histogram.counts, dtype=np.float64)
    rows[0] -= _zeros(reference)
    known = np.append(0.0, np.cumsum(rows) / rows.sum())
    above = np.where(values < low, 0.0, known[np.searchsorted(edges, values, side="left") + 1])
    below = np.where(values >= high, 1.0, known[np.searchsorted(edges, values, side="right")])
    return float(np.max(np.maximum(0.0, np.maximum(shares - above, below - shares))))
