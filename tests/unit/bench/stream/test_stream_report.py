"""What `make bench-stream` says of what it has measured."""

import numpy as np
import pytest
from bench.stream.contender import Contender
from bench.stream.rates import Rate, rate_of
from bench.stream.stream_figures import is_shown
from bench.stream.stream_report import rate_rows
from bench.stream.waits import LATE_MS, Waits, on_time
from churn_runtimes.stream.settings import Delivery


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


SHOWN = {
    "all on time": ([0.4] * 5, True),
    "one at the limit": ([LATE_MS, 0.4, 0.4, 0.4, 0.4], True),
    "one late, done again": ([0.4, 80.0, 0.4, 0.4, 0.4, 0.4], True),
    "one late": ([0.4, 80.0, 0.4, 0.4, 0.4], False),
}


@pytest.mark.parametrize(("late", "is_it"), SHOWN.values(), ids=SHOWN)
def test_waits_are_shown_where_enough_runs_were_on_time(late: list[float], is_it: bool) -> None:
    runs = [Waits(12.0, 30.0, milliseconds) for milliseconds in late]
    assert is_shown({Delivery.AT_LEAST_ONCE: runs}, Delivery.AT_LEAST_ONCE) is is_it
    assert all(run.late_ms <= LATE_MS for run in on_time(runs))
