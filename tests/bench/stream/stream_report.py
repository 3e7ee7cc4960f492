"""STREAM.md: what the workers did on one core, and how long answers took."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median

from bench.environments import Environment
from bench.machine import describe_machine
from bench.stream.stage import BACKLOG, PARTITIONS
from bench.stream.stream_figures import AllWaits, Rates, core_rate
from bench.stream.waits import COMMIT_MS, LATE_MS, PER_SECOND, RUNS, on_time
from bench.table import markdown
from support.figures import Figure

STREAM = Path(__file__).parents[1] / "STREAM.md"
_VERSIONS = ("confluent-kafka", "quixstreams", "mlserver", "aiokafka", "orjson", "numpy")
_ENVIRONMENTS = (Environment.OURS, Environment.QUIX, Environment.MLSERVER)


def report_text(rates: Rates, waits: AllWaits, figures: Sequence[Figure], machine: str, seconds: float) -> str:
    """The page; `machine` is its list of facts about where it ran."""
    commits = " and ".join(f"{ms} ms {delivery}" for delivery, ms in COMMIT_MS.items())
    needed = ", ".join(f"{delivery} {runs}" for delivery, runs in RUNS.items())
    return f"""# Results of `make bench-stream`

Written by `make bench-stream` on {date.today().isoformat()}; do not edit. The run took {seconds:.0f} s.

{machine}
- One Apache Kafka 4.4 broker (KRaft, 512 MB heap, G1), topics of {PARTITIONS} partitions, acks=all. It has written and
  read {BACKLOG:,} messages before anything is measured.
- The model is `models/telco`: four members, 850 trees and a logistic regression. Everybody scores by the same
  compiled evaluator.

## One worker on one core

{markdown(rate_rows(rates))}

The worker has core 0, broker and bench have core 1. It begins on a backlog of {BACKLOG:,} customers as JSON rows (some
480 bytes) and is measured until that is done, 6 s at most. Figures are by the worker's processor time, all its threads
together, the median of the rounds: a busy machine measures the same. By the clock is when the broker appended answers,
the first tenth left out: on an idle machine it says the same.

Quix Streams is the application of its documentation: `app.dataframe(topic).apply(answer).to_topic(scores)` with its own
JSON in and out, its own defaults (idempotent, a commit every 5 s), acks=all, and the same evaluator called for one row,
as its API has it. The first line makes the row by tables that a user who looks for speed writes for his model, six
microseconds that know no other spelling, no missing marker, nothing unseen; the bar is held against it. The second
makes it by `churn_models.encode`, the one public function, which is made for columns. No reader of ours is in either.

MLServer has no consumer group and reads from the end of its topic, so it gets its messages once it listens: V2 requests
with a tensor for each raw feature of a customer, and in its second line with one tensor that is encoded already. It
commits nothing, and its producer waits for the leader alone. It takes in all of them before it answers the first, so
its answers come at once at the end: of it only the processor time says something.

## {PER_SECOND:,} messages a second on two cores

{markdown(_wait_rows(waits))}

From the time at which a message was due, written or not, to when a reader of what is committed has its answer, in whole
milliseconds, rounded up. Broker, worker, writer and reader share both cores; the first run after the start is not
counted. Commits come every {commits}.

Writer and reader stand for other machines, so they go before other processes (nice -15) where the user may. A run whose
writer was late by more than {LATE_MS:.0f} ms (99th percentile) says nothing of the worker and is done again, as often
as the figure needs runs at most ({needed}); the figure is shown where so many were on time. The table
is of all runs.

## Figures

{markdown([["figure", "value", "unit", "bar", ""], *map(_figure, figures)])}
"""


def rate_rows(rates: Rates) -> list[list[str]]:
    """A line for each worker, its rounds in their order."""
    lines = [["worker", "messages a core second", "CPU µs a message", "messages/s by the clock, rounds"]]
    for one, rounds in rates.items():
        cpu = median(rate.cpu_us for rate in rounds)
        told = ", ".join(f"{rate.per_second:,.0f}" for rate in rounds)
        lines.append([one, f"{core_rate(rounds):,.0f}", f"{cpu:.1f}", told])
    return lines


def _wait_rows(waits: AllWaits) -> list[list[str]]:
    lines = [["delivery", "p50 ms", "p99 ms", "p99 of the runs", "writer late by, ms", "on time"]]
    for delivery, runs in waits.items():
        p50, p99 = median(run.p50_ms for run in runs), median(run.p99_ms for run in runs)
        told = ", ".join(f"{run.p99_ms:.0f}" for run in runs)
        counted = f"{len(on_time(runs))} of {len(runs)}"
        lines.append([delivery, f"{p50:.0f}", f"{p99:.0f}", told, f"{max(run.late_ms for run in runs):.0f}", counted])
    return lines


def _figure(figure: Figure) -> list[str]:
    return [figure.name, f"{figure.value:,.4g}", figure.unit, figure.bar, "" if figure.holds else "short"]


def described() -> str:
    """Where it ran, and what with."""
    told = [f"- {one}: " + ", ".join(f"{k} {v}" for k, v in one.versions(_VERSIONS).items()) for one in _ENVIRONMENTS]
    return "\n".join([f"- Machine: {describe_machine()}.", *told])
