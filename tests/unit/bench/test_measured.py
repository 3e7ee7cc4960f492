"""How the bench turns what a generator says into numbers."""

import pytest
from bench.measured import Measured, best_p50, best_p99, best_rate, from_latencies, from_schedule, p99_ratios

_PER_SECOND = 100


@pytest.mark.parametrize(
    ("case", "sent", "lasted", "expected"),
    [
        ("all on time", [0.00, 0.01, 0.02], [0.005, 0.005, 0.005], [0.005, 0.005, 0.005]),
        ("a clock that began elsewhere", [7.00, 7.01, 7.02], [0.005, 0.005, 0.005], [0.005, 0.005, 0.005]),
        ("sent late because the one before was slow", [0.00, 0.05, 0.05], [0.05, 0.001, 0.001], [0.05, 0.041, 0.031]),
        ("reported in another order", [0.02, 0.00, 0.01], [0.003, 0.001, 0.002], [0.001, 0.002, 0.003]),
        ("the first one late alone", [0.04, 0.04, 0.04], [0.001, 0.001, 0.001], [0.021, 0.011, 0.001]),
    ],
)
def test_latencies_count_from_the_schedule(
    case: str, sent: list[float], lasted: list[float], expected: list[float]
) -> None:
    finished = [began + took for began, took in zip(sent, lasted, strict=True)]
    assert from_schedule(finished, lasted, _PER_SECOND) == pytest.approx(expected), case


def test_percentiles_are_of_every_latency() -> None:
    measured = from_latencies([number / 1000 for number in range(1, 101)], took=2.0, generator_busy=0.5)
    assert (measured.per_second, measured.generator_busy) == (50, 0.5)
    assert (measured.p50_ms, measured.p99_ms) == pytest.approx((50.5, 99.01))


def test_the_best_round_counts() -> None:
    rounds = [Measured(100, 2.0, 9.0, 0.1), Measured(120, 3.0, 8.0, 0.1)]
    assert (best_rate(rounds), best_p50(rounds), best_p99(rounds)) == (120, 2.0, 8.0)


def test_ratios_are_of_rounds_in_pairs() -> None:
    ours, others = ([Measured(1, 1.0, p99, 0.1) for p99 in rounds] for rounds in ([1.0, 6.0], [2.0, 3.0]))
    assert p99_ratios(ours, others) == [0.5, 2.0]
