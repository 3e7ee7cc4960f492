"""A sketch of a numeric feature by powers of two: it shows a change of unit, which quantile bins put in the last bin.

Four steps to an octave, so a value is known to 9 percent, whatever its size; multiplying by two moves every key by 4.
"""

import numpy as np
from numpy.typing import NDArray

STEPS = 4
"""Keys to an octave."""
_ORIGIN = 1_000
"""Beyond what a float32's exponents need (from -149 to 128, times STEPS), so that the key's sign is the value's."""
LARGEST_KEY = _ORIGIN + STEPS * 128


def magnitude_keys(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The key of each finite value; 0 has key 0, and keys are in the order of the values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponents = np.floor(STEPS * np.log2(np.abs(values)))
        keys = np.where(values == 0, 0.0, np.sign(values) * (exponents + _ORIGIN))
    return keys.astype(np.int64)


def magnitude_of(key: int) -> float:
    """The geometric middle of the values that have this key."""
    if key == 0:
        return 0.0
    size = float(2.0 ** ((abs(key) - _ORIGIN + 0.5) / STEPS))
    return size if key > 0 else -size
