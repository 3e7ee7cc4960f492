"""Which partitions had no more when they were read last, as the client tells it between their messages."""

from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import KafkaError


class Ends:
    """Of one consumer, whose `enable.partition.eof` is true."""

    def __init__(self) -> None:
        self.ended: set[int] = set()

    def note(self, taken: Sequence[Any]) -> None:
        """Messages and ends as they came."""
        for message in taken:
            error = message.error()
            if error is None:
                self.ended.discard(message.partition())
            elif error.code() == KafkaError._PARTITION_EOF:
                self.ended.add(message.partition())

    def forget(self, partitions: Iterable[int]) -> None:
        """They are read from another place, or no more."""
        self.ended.difference_update(partitions)
