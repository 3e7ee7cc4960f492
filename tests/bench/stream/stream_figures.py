"""The figures of `make bench-stream`, by the medians of its rounds.

Rates are by processor time, so that a busy machine measures the same; the report has those by the clock beside them.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.stream.contender import Contender
from bench.stream.rates import Rate
from bench.stream.waits import RUNS, Waits, on_time
from churn_runtimes.stream.settings import Delivery
from support.figures import Figure, record

Rates = Mapping[Contender, Sequence[Rate]]
AllWaits = Mapping[Delivery, Sequence[Waits]]
_P99 = {
    Delivery.AT_LEAST_ONCE: ("stream_p99_ms", "<= 50"),
    Delivery.EXACTLY_ONCE: ("stream_txn_p99_ms", "<= 120"),
}


def record_figures(rates: Rates, waits: AllWaits) -> list[Figure]:
    """In the order of the report; of waits none where too few runs were on time."""
    ours = core_rate(rates[Contender.OURS])
    return [
        record("stream_msgs_per_s", ours, "messages/s", ">= 40000"),
        record("stream_txn_msgs_per_s", core_rate(rates[Contender.OURS_ONCE]), "messages/s", ">= 35000"),
        record("stream_vs_quix", ours / core_rate(rates[Contender.QUIX]), "times", ">= 5"),
        record("stream_vs_quix_encode", ours / core_rate(rates[Contender.QUIX_ENCODE]), "times", ">= 5"),
        record("stream_vs_mlserver", ours / core_rate(rates[Contender.MLSERVER]), "times", ">= 15"),
        *(
            record(name, median(run.p99_ms for run in on_time(waits[delivery])), "ms", bar)
            for delivery, (name, bar) in _P99.items()
            if is_shown(waits, delivery)
        ),
    ]


def is_shown(waits: AllWaits, delivery: Delivery) -> bool:
    """Whether enough runs were on time."""
    return len(on_time(waits[delivery])) >= RUNS[delivery]


def core_rate(rounds: Sequence[Rate]) -> float:
    """Messages that one core answers in a second of its time."""
    return 1e6 / median(one.cpu_us for one in rounds)
