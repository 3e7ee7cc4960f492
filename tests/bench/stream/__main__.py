"""`make bench-stream`: the stream's worker beside Quix Streams and MLServer's Kafka mode on a real broker.

Ten minutes at most; writes STREAM.md. Ends with 1 where a figure falls short or could not be shown.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from bench.environments import Environment
from bench.rig import LOAD_CORE
from bench.stream.contender import Contender
from bench.stream.rates import Rate, measure
from bench.stream.stage import Stage, built
from bench.stream.stream_figures import Rates, is_shown, record_figures
from bench.stream.stream_report import STREAM, described, report_text
from bench.stream.waits import RUNS, Waits, measure_waits
from churn_runtimes.stream.settings import Delivery
from churn_training.progress import step

_SCRATCH = Path("build/bench-stream")
_ROUNDS = 3


def main() -> None:
    """Measure everything in turn."""
    begun = time.monotonic()
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    for environment in (Environment.QUIX, Environment.MLSERVER):
        environment.install()
    both = os.sched_getaffinity(0)
    # The broker inherits it: rates are of a worker that has the other core for itself.
    os.sched_setaffinity(0, {LOAD_CORE})
    with built(_SCRATCH.resolve()) as stage:
        with step("the backlog, and a round that does not count"):
            stage.fill()
            measure(Contender.OURS, stage, "warm")
        rates = all_rates(stage)
        stage.broker.run_on(both)
        os.sched_setaffinity(0, both)
        waits = {delivery: all_waits(stage, delivery, runs) for delivery, runs in RUNS.items()}
    figures = record_figures(rates, waits)
    STREAM.write_text(report_text(rates, waits, figures, described(), time.monotonic() - begun), encoding="utf-8")
    print(STREAM.read_text(encoding="utf-8"))
    sys.exit(not all(figure.holds for figure in figures) or not all(is_shown(waits, delivery) for delivery in waits))


def all_rates(stage: Stage) -> Rates:
    """In rounds, so that what disturbs a moment disturbs nobody alone."""
    found: dict[Contender, list[Rate]] = {one: [] for one in Contender}
    for number in range(_ROUNDS):
        for one in Contender:
            with step(f"{one}, round {number + 1}"):
                found[one].append(measure(one, stage, f"{one.name}-{number}"))
            print(f"    {found[one][-1]}", flush=True)
    return found


def all_waits(stage: Stage, delivery: Delivery, runs: int) -> list[Waits]:
    """Of one worker."""
    with step(f"10,000 messages a second, {delivery}"):
        waits = measure_waits(stage.on_new(f"paced-{delivery}", are_brokers_times=False), stage.bodies, delivery, runs)
    print(*waits, sep="\n", flush=True)
    return waits


if __name__ == "__main__":
    main()
