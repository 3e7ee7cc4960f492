"""What `make bench-stream` says of what it has measured."""

import numpy as np
import pytest
from bench.stream.contender import Contender
from bench.stream.rates import Rate, rate_of
from bench.stream.stream_report import rate_rows


def test_a_rate_leaves_the_first_answers_out() -> None:
    slow, steady = np.arange(100) * 1.0, 100 + np.arange(900) / 1_000
    assert rate_of(np.concatenate([slow, steady])) == pytest.approx(1_000)


def test_rates_are_the_medians_of_their_rounds() -> None:
    rounds = [Rate(50_000, 20.0, 300_000), Rate(10_000, 90.0, 80_000), Rate(52_000, 19.0, 300_000)]
    assert rate_rows({Contender.OURS: rounds})[1] == [
        "ours, at least once",
        "50,000",
        "20.0",
        "50,000, 10,000, 52,000",
    ]
