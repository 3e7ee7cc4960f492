"""What is left of a value after some half-lives, the same bits on every machine.

Libraries' exponentials differ in the last bit between processors, and a state that was computed elsewhere must be
equal byte for byte. So this takes products, sums and square roots alone, which IEEE 754 leaves no choice in.
"""

import math

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_STEPS = 32
"""Of one half-life; the polynomial has to cover one of them."""
_ROOTS = [0.5]
for _ in range(5):
    _ROOTS.append(math.sqrt(_ROOTS[-1]))
_AT_STEP = np.array([math.prod(_ROOTS[bit] for bit in range(1, 6) if step >> (5 - bit) & 1) for step in range(_STEPS)])
_COEFFICIENTS = [(-math.log(2)) ** power / math.factorial(power) for power in range(7)]
_ALL_GONE = 1100
"""Half-lives after which no double is left."""


def halved(half_lives: Numbers) -> Numbers:
    """2 to the power of minus each number, which must not be negative; exactly 1 at 0, else within 1e-15 of it."""
    steps = np.floor(half_lives * _STEPS)
    rest = half_lives - steps / _STEPS
    whole = np.minimum(np.floor(steps / _STEPS), _ALL_GONE)
    within = np.where(whole < _ALL_GONE, steps - whole * _STEPS, 0.0).astype(np.int64)
    left = np.full_like(rest, _COEFFICIENTS[-1])
    for coefficient in reversed(_COEFFICIENTS[:-1]):
        left = left * rest + coefficient
    result: Numbers = np.ldexp(_AT_STEP[within] * left, -whole.astype(np.int64))
    return result
