"""How many messages a worker on one core answers in a second, by the broker's clock.

Output topics have the times at which the broker appended answers. A worker that begins on a backlog is measured from
its first answers on, so its start is not in it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.stream.contender import OF_REQUESTS, Contender, Place, start
from bench.stream.stage import BACKLOG, PARTITIONS, Stage
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from numpy.typing import NDArray
from support.processes import Process, ProcessFailed

_REQUESTS = 4_000
_LISTENS = "gRPC server running"
"""MLServer says so when its model is loaded, and its Kafka client, of which it says nothing here, begins with it."""
_SETTLE_SECONDS = 3.0
_LONGEST_SECONDS = 6.0
"""Of one measurement, from the first answer that the bench sees."""
_START_SECONDS = 180.0
_LOOK_SECONDS = 0.1
_LOOK_TIMEOUT_SECONDS = 2.0
_RAMP = 0.1
"""The share of the answers at the beginning that is left out: queues fill, and code is warmed."""


@dataclass(frozen=True)
class Rate:
    """One measurement: messages a second by the clock, and microseconds of its core for one of them."""

    per_second: float
    cpu_us: float
    answers: int


def measure(contender: Contender, stage: Stage, name: str) -> Rate:
    """One worker over the backlog, or over what comes once it listens; answers in a new topic of this name.

    Raises ProcessFailed.
    """
    if contender not in OF_REQUESTS:
        place, messages = stage.on_backlog(name), BACKLOG
    else:
        place, messages = stage.on_new(name, are_brokers_times=True), _REQUESTS
    process = start(contender, place)
    try:
        if contender in OF_REQUESTS:
            process.wait_until(lambda: _LISTENS in process.log.read_text(errors="replace"), _START_SECONDS)
            time.sleep(_SETTLE_SECONDS)
            idle = cpu_seconds(process.pid)
            stage.send_requests(contender, place.input, _REQUESTS)
            return _watch(process, place, messages, idle)
        return _watch(process, place, messages)
    finally:
        process.stop()


def _watch(process: Process, place: Place, messages: int, idle: float | None = None) -> Rate:
    """`idle` is what it had used before its first message came; without it, its time is from the first answers on."""
    with _reader(place.brokers) as reader:
        process.wait_until(lambda: _answers(reader, place.output) > 0, _START_SECONDS)
        began, used, before = time.monotonic(), cpu_seconds(process.pid), _answers(reader, place.output)
        if idle is not None:
            used, before = idle, 0
        count = before
        while count < messages and time.monotonic() - began < _LONGEST_SECONDS:
            time.sleep(_LOOK_SECONDS)
            count = max(count, _answers(reader, place.output))
        used = cpu_seconds(process.pid) - used
        if not process.running():
            raise ProcessFailed(f"a worker of {place.output} ended: see {process.log}")
        times = _append_times(reader, place.output, count)
    return Rate(rate_of(times), 1e6 * used / max(1, count - before), count)


def rate_of(times: NDArray[np.float64]) -> float:
    """Messages a second by their sorted times in seconds, the first tenth left out."""
    steady = times[int(_RAMP * len(times)) :]
    return float((len(steady) - 1) / (steady[-1] - steady[0]))


def cpu_seconds(pid: int) -> float:
    """What a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _reader(brokers: str) -> Iterator[Consumer]:
    settings = {"bootstrap.servers": brokers, "group.id": "bench", "enable.auto.commit": False}
    reader = Consumer({**settings, "isolation.level": "read_committed"})
    try:
        yield reader
    finally:
        reader.close()


def _answers(reader: Consumer, topic: str) -> int:
    """That are there for readers; a transaction's end counts as one. None where the broker does not say it."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    try:
        # Without a time it waits for ever where the topic has just been made, and has no leader yet.
        return sum(reader.get_watermark_offsets(place, timeout=_LOOK_TIMEOUT_SECONDS)[1] for place in places)
    except (KafkaException, TypeError):  # None is what it gives when the time is over.
        return 0


def _append_times(reader: Consumer, topic: str, count: int) -> NDArray[np.float64]:
    reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
    times: list[int] = []
    while new := reader.consume(10_000, 1.0):
        times += [message.timestamp()[1] for message in new if message.error() is None]
        if len(times) >= count:
            break
    return np.sort(np.array(times, dtype=np.float64)) / 1_000
