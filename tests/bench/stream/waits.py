"""How long answers take at 10,000 messages a second, from when each was due to when its reader has it.

Broker, writer, reader and worker share both cores. The worker is the shipped one and starts once; the first run is not
counted, because worker and broker are cold in it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from bench.environments import Environment
from bench.rig import peer_environment
from bench.stream.contender import Place, our_arguments
from bench.stream.stage import PARTITIONS
from churn_runtimes.stream.settings import Delivery
from support.paced_stream import AnswerClock, PacedWriter
from support.processes import Process, ProcessFailed

PER_SECOND = 10_000
COMMIT_MS = {Delivery.AT_LEAST_ONCE: 100, Delivery.EXACTLY_ONCE: 20}
"""By transactions a reader waits for the commit, so it comes sooner; else it says only what is read again."""
RUNS: Mapping[Delivery, int] = {Delivery.AT_LEAST_ONCE: 5, Delivery.EXACTLY_ONCE: 3}
"""Each counts whose writer was on time."""
LATE_MS = 5.0
"""A tenth of the shorter bar."""
_RUN_SECONDS = 6.0
_START_SECONDS = 180.0
_DRAIN_SECONDS = 30.0
_ASSIGNED = "partitions of"


@dataclass(frozen=True)
class Waits:
    """Of one run, in milliseconds; `late_ms` is by how much the writer itself was late, the 99th percentile too."""

    p50_ms: float
    p99_ms: float
    late_ms: float

    @property
    def is_on_time(self) -> bool:
        """Whether the writer kept its schedule: waits begin there, so a late one makes them longer."""
        return self.late_ms <= LATE_MS


def measure_waits(place: Place, bodies: Sequence[bytes], delivery: Delivery, runs: int) -> list[Waits]:
    """Until so many runs were on time, but no more than twice as many. Raises ProcessFailed, also where an answer is
    missing.
    """
    place.folder.mkdir(parents=True)
    arguments = our_arguments(place, delivery, "--commit-ms", str(COMMIT_MS[delivery]))
    command = [str(Environment.OURS.python), *arguments]
    process = Process(command, place.folder / "worker.log", peer_environment())
    try:
        process.wait_until(lambda: _ASSIGNED in process.log.read_text(errors="replace"), _START_SECONDS)
        with AnswerClock(place.brokers, place.output, PARTITIONS) as clock:
            _run(place, bodies, clock)
            found: list[Waits] = []
            while len(on_time(found)) < runs and len(found) < 2 * runs:
                found.append(_run(place, bodies, clock))
            return found
    finally:
        process.stop()


def on_time(runs: Sequence[Waits]) -> list[Waits]:
    """Those whose writer kept its schedule."""
    return [run for run in runs if run.is_on_time]


def _run(place: Place, bodies: Sequence[bytes], clock: AnswerClock) -> Waits:
    first = clock.count
    with PacedWriter(place.brokers, place.input, bodies, PER_SECOND) as writer:
        time.sleep(_RUN_SECONDS)
    deadline = time.monotonic() + _DRAIN_SECONDS
    while (count := clock.count - first) < writer.sent:
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{writer.sent - count} of {writer.sent} answers are missing in {place.output}")
        time.sleep(0.05)
    _, waits = clock.waits(first)
    p50, p99 = np.percentile(waits, [50, 99])
    return Waits(float(p50), float(p99), 1_000 * float(np.percentile(writer.late, 99)))
