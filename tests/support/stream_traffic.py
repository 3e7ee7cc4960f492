"""A steady load on the input topic, and when its answers came: for the test of workers that die in mid-stream."""

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, Producer, TopicPartition
from support.kafka_topics import Reader, source_of

_TICK_SECONDS = 0.005
_SECONDS = 120.0


class SteadyLoad:
    """So many messages a second while its block is open, whatever becomes of them; each has a customer's key."""

    def __init__(self, brokers: str, topic: str, bodies: Sequence[bytes], per_second: int) -> None:
        self._producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 5})
        self._topic = topic
        self._bodies = bodies
        self._per_second = per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        assert self._producer.flush(_SECONDS) == 0

    def _write(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(_TICK_SECONDS):
            for number in range(self.sent, int((time.monotonic() - began) * self._per_second)):
                body = self._bodies[number % len(self._bodies)]
                self._producer.produce(self._topic, body, b"customer-%d" % number)
                self.sent = number + 1
            self._producer.poll(0)


class AnswersOverTime:
    """Reads what is committed of the answers, in a thread, while its block is open."""

    def __init__(self, brokers: str, topic: str, partitions: int) -> None:
        self._reader = Reader(brokers, topic, partitions)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._times: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._reader.__exit__()

    @property
    def count(self) -> int:
        """So far, repeated ones included."""
        return len(self._times)

    def read(self) -> list[tuple[float, str, bytes]]:
        """Each with when it came (monotonic seconds), its source, and its value."""
        pairs = zip(self._times, self._reader.messages, strict=False)
        return [(at, source_of(message), message.value() or b"") for at, message in pairs]

    def _read(self) -> None:
        while not self._stop.is_set():
            count = len(self._reader.read(0.02))
            self._times += [time.monotonic()] * (count - len(self._times))


def longest_gap(answers: Sequence[tuple[float, str, bytes]], since: float, until: float) -> float:
    """Seconds without an answer in the partition of the input that had the longest such time between these two."""
    by_partition: dict[str, list[float]] = {}
    for at, source, _ in answers:
        by_partition.setdefault(source.rpartition("/")[0], []).append(at)
    gaps = [0.0]
    for times in by_partition.values():
        gaps += [later - earlier for earlier, later in pairwise(times) if later > since and earlier < until]
    return max(gaps)


def written(brokers: str, topic: str, partitions: int) -> set[str]:
    """The places of all messages of a topic that no transaction writes, as `churn-source` names them."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "reader"})
    try:
        places = set()
        for number in range(partitions):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_SECONDS)
            places |= {f"{topic}/{number}/{offset}" for offset in range(low, high)}
        return places
    finally:
        consumer.close()
