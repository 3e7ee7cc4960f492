"""Every answer on a topic and when a reader of what is committed had it: for the scenario of the stream."""

import threading
import time
from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition
from support.kafka_topics import source_of, value_of

_POLL_SECONDS = 0.05
_AT_ONCE = 2_000


class Answered(NamedTuple):
    """One answer: whose it is and what it says."""

    key: bytes | None
    value: bytes


class AnswerRecord:
    """Reads the topic from its beginning on; start with `with`, it ends with the block."""

    def __init__(self, brokers: str, topic: str, partitions: int) -> None:
        settings = {"bootstrap.servers": brokers, "group.id": "record", "isolation.level": "read_committed"}
        # With the default a reader that is ahead of the broker would ask for more only after a second.
        self._consumer = Consumer(
            {**settings, "enable.auto.commit": False, "fetch.queue.backoff.ms": 5, "log_level": 0}
        )
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
        self.by_source: defaultdict[str, list[Answered]] = defaultdict(list)
        """By the place of the message that is answered."""
        self._came: list[list[float]] = [[] for _ in range(partitions)]
        self._due_ms = [0] * partitions
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def answered_until(self) -> float:
        """Of every partition a message of this time, or of a later one, has its answer."""
        return min(self._due_ms) / 1_000

    def longest_gap(self, since: float) -> float:
        """Of all partitions the longest time without an answer, of those that had not ended at `since`."""
        longest = 0.0
        for came in self._came:
            times = list(came)
            gaps = [later - sooner for sooner, later in pairwise(times) if later >= since]
            longest = max(longest, *gaps)
        return longest

    def _read(self) -> None:
        while not self._stop.is_set():
            first = self._consumer.poll(_POLL_SECONDS)
            if first is None:
                continue
            now = time.time()
            for message in [first, *self._consumer.consume(_AT_ONCE, 0)]:
                self._note(message, now)

    def _note(self, message: Message, now: float) -> None:
        assert message.error() is None, message.error()
        number = message.partition()
        assert number is not None
        self._came[number].append(now)
        self._due_ms[number] = max(self._due_ms[number], message.timestamp()[1])
        self.by_source[source_of(message)].append(Answered(message.key(), value_of(message)))
