"""An open load on a topic and what its answers' readers see: for the bench and the demo of the stream.

A customer is written when his time has come, whether earlier ones are answered or not, and the message's timestamp is
that time. The worker gives it to the answer, so whoever reads knows how long it took, in milliseconds and rounded up.
"""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition
from numpy.typing import NDArray

_TICK_SECONDS = 0.001
_POLL_SECONDS = 0.05
_AT_ONCE = 2_000
_NICENESS = -15
"""Writer and readers stand for other machines: what keeps this one busy must not make them late."""


@dataclass
class PacedWriter:
    """Start with `with PacedWriter(...) as writer`; it ends with the block, after what it wrote is there."""

    brokers: str
    topic: str
    bodies: Sequence[bytes]
    """Written in this order, again and again."""
    per_second: float
    keys: Sequence[bytes] = ()
    """Of the bodies; without them each message has one of its own."""
    sent: int = 0
    late: list[float] = field(default_factory=list)
    """By how many seconds each message was written too late."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        _go_first()
        settings = {"bootstrap.servers": self.brokers, "linger.ms": 1, "partitioner": "murmur2_random"}
        # Idempotent, so acks=all: an attempt that is repeated because the broker ended leaves no second customer.
        producer = Producer({**settings, "enable.idempotence": True, "log_level": 0})
        # A new producer waits for half a second to get its id: one customer does, before the schedule of all others.
        self._send(producer, time.time())
        producer.flush()
        began = time.time()
        while not self._stop.is_set():
            now = time.time()
            for number in range(self.sent, int((now - began) * self.per_second) + 1):
                due = began + number / self.per_second
                self._send(producer, due)
                self.late.append(now - due)
            producer.poll(0)
            time.sleep(_TICK_SECONDS)
        producer.flush()

    def _send(self, producer: Producer, due: float) -> None:
        body = self.bodies[self.sent % len(self.bodies)]
        key = self.keys[self.sent % len(self.keys)] if self.keys else b"customer-%d" % self.sent
        producer.produce(self.topic, body, key, timestamp=int(due * 1_000))
        self.sent += 1


class AnswerClock:
    """Reads what is committed of the answers from now on; start with `with`, it ends with the block."""

    def __init__(self, brokers: str, topic: str, partitions: int) -> None:
        settings = {"bootstrap.servers": brokers, "group.id": "clock", "isolation.level": "read_committed"}
        # With the default a reader that is ahead of the broker would ask for more only after a second.
        self._consumer = Consumer({**settings, "enable.auto.commit": False, "fetch.queue.backoff.ms": 5})
        # Asked for here: what OFFSET_END means is found out by the first fetch, when answers may have come already.
        places = [TopicPartition(topic, number) for number in range(partitions)]
        for place in places:
            _, place.offset = self._consumer.get_watermark_offsets(place)
        self._consumer.assign(places)
        self._came: list[float] = []
        self._due: list[int] = []
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    @property
    def count(self) -> int:
        """Answers read so far, those that came twice counted twice."""
        return len(self._due)

    def waits(self, first: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the answers from the `first` read one on: when they were due (seconds), and what they took (ms)."""
        count = len(self._due)
        due = np.array(self._due[first:count], dtype=np.float64)
        return due / 1_000, np.array(self._came[first:count]) * 1_000 - due

    def _read(self) -> None:
        _go_first()
        while not self._stop.is_set():
            first = self._consumer.poll(_POLL_SECONDS)
            if first is None:
                continue
            messages = [first, *self._consumer.consume(_AT_ONCE, 0)]
            now = time.time()
            for message in messages:
                assert message.error() is None, message.error()
                self._came.append(now)
                self._due.append(message.timestamp()[1])


def _go_first() -> None:
    """The calling thread and those that it starts, as far as the user may."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
