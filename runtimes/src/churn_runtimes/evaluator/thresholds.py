"""Thresholds as the flat table compares them, without changing any decision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = np.finfo(np.float32).max
_DOWN = np.float32(-np.inf)
_SIGN = np.uint32(0x80000000)


def rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 not above: `x <= t` then holds for the same float32 `x`.

    At most the largest finite one, because infinity stands for a missing value that goes right: scikit-learn splits
    missing from all others by an infinite threshold.
    """
    bounded = np.clip(thresholds, -np.inf, float(_LARGEST))
    with np.errstate(over="ignore"):
        nearest = bounded.astype(np.float32)
    return np.where(nearest.astype(np.float64) > bounded, np.nextafter(nearest, _DOWN), nearest)


def just_below(thresholds: NDArray[Any]) -> NDArray[np.float32]:
    """The float32 before: `x < t` is `x <= just_below(t)`."""
    return np.nextafter(np.asarray(thresholds, dtype=np.float32), _DOWN)


def keys_of(thresholds: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Whole numbers in the order of these floats, none of them NaN; minus zero equals zero.

    `_flat_trees.c` makes the same of a row's values.
    """
    bits = (thresholds + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)
