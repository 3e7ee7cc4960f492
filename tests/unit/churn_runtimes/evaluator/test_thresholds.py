"""Keys keep the order of the floats they stand for."""

import numpy as np
from churn_runtimes.evaluator.thresholds import keys_of
from hypothesis import given
from hypothesis import strategies as st

FLOATS = st.floats(width=32, allow_nan=False)


@given(FLOATS, FLOATS)
def test_keys_compare_as_their_floats_do(left: float, right: float) -> None:
    one, other = keys_of(np.array([left, right], dtype=np.float32))
    assert (one < other, one == other) == (left < right, left == right)
