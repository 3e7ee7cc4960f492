"""The sketch by powers of two: in order, tight, and moved by a change of unit."""

import numpy as np
from churn_models.drift.magnitudes import LARGEST_KEY, STEPS, magnitude_keys, magnitude_of
from numpy.typing import NDArray

LIMITS = np.finfo(np.float32)
VALUES = np.array([-LIMITS.max, -1e6, -3.0, -1e-9, 0.0, LIMITS.smallest_subnormal, 0.1, 1.0, 1.1, 70.0, LIMITS.max])


def test_keys_are_in_the_order_of_the_values() -> None:
    keys = magnitude_keys(VALUES.astype(np.float64))
    assert keys.tolist() == sorted(keys.tolist())
    assert np.array_equal(np.sign(keys), np.sign(VALUES))
    assert np.abs(keys).max() <= LARGEST_KEY


def test_a_key_tells_its_value_to_nine_percent() -> None:
    values = np.random.default_rng(0).lognormal(0, 5, 1000)
    told = np.array([magnitude_of(key) for key in magnitude_keys(values).tolist()])
    assert np.abs(told / values - 1).max() < 0.1
    assert magnitude_of(0) == 0.0
    assert magnitude_of(int(magnitude_keys(np.array([-70.0]))[0])) < 0


def test_twice_the_value_is_one_octave_more() -> None:
    values: NDArray[np.float64] = np.array([0.3, 1.0, 70.0])
    assert (magnitude_keys(values + values) - magnitude_keys(values)).tolist() == [STEPS] * 3
