"""Tails beside SciPy's, which the operator's image does not have."""

import numpy as np
import pytest
from churn_operator.decide.drift.tails import adjusted, chi_square_bound, chi_square_tail, kolmogorov_tail
from scipy import special, stats


@pytest.mark.parametrize("x", [0.0, 0.1, 0.3, 0.5, 0.83, 0.999, 1.0, 1.36, 1.63, 2.5, 4.0, 9.0])
def test_kolmogorov(x: float) -> None:
    assert kolmogorov_tail(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 19, 63, 200, 1001])
def test_chi_square(freedom: int) -> None:
    for x in (0.01, 0.5, 3.0, freedom * 0.8, freedom + 10.0, 3.0 * freedom + 30.0, 5_000.0):
        assert chi_square_tail(x, freedom) == pytest.approx(special.chdtrc(freedom, x), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("freedom", [1, 5, 19, 63])
@pytest.mark.parametrize("share", [0.05, 0.0005, 1e-8])
def test_the_bound_has_that_tail(freedom: int, share: float) -> None:
    assert chi_square_bound(share, freedom) == pytest.approx(special.chdtri(freedom, share), rel=1e-6)


def test_adjusting_for_many_features() -> None:
    p_values = np.random.default_rng(1).beta(0.3, 1, 40)
    assert adjusted(p_values.tolist()) == pytest.approx(stats.false_discovery_control(p_values))
    assert adjusted([]) == []
