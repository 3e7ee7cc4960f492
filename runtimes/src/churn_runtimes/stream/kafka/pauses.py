"""Which partitions a consumer takes nothing of for now, while it stays their reader."""

from collections.abc import Iterable, Set
from contextlib import suppress

from confluent_kafka import Consumer, KafkaException, TopicPartition


class Pauses:
    """Of one consumer and topic."""

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic
        self._paused: set[int] = set()

    def hold(self, wanted: Set[int]) -> None:
        """These and no others; all of them are the consumer's."""
        if wanted == self._paused:
            return
        if more := wanted - self._paused:
            self._consumer.pause(self._partitions(more))
        if fewer := self._paused - wanted:
            self._consumer.resume(self._partitions(fewer))
        self._paused = set(wanted)

    def forget(self, partitions: Iterable[int]) -> None:
        """They go. The client would keep a pause until they come again."""
        if gone := self._paused.intersection(partitions):
            with suppress(KafkaException):  # gone already
                self._consumer.resume(self._partitions(gone))
            self._paused -= gone

    def _partitions(self, numbers: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, number) for number in numbers]
