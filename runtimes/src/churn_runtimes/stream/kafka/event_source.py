"""The topic of events: the same partitions as the input's, each read from where its states end.

It belongs to no group: whoever has a partition of the input reads that one of the events too, and where to begin is
kept with the states.
"""

from collections.abc import Iterable, Set
from contextlib import suppress
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import event_configuration
from churn_runtimes.stream.kafka.ends import Ends
from churn_runtimes.stream.kafka.pauses import Pauses
from churn_runtimes.stream.kafka.source import raise_or_tell
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Message
from churn_runtimes.stream.settings import StreamSettings


class EventSource:
    """Reads what it is told to."""

    def __init__(self, settings: StreamSettings, topic: str, life: Life) -> None:
        self._topic = topic
        self._consumer = made(Consumer, event_configuration(settings), life)
        self._pauses = Pauses(self._consumer, topic)
        self._reading: set[int] = set()
        self._known: set[int] = set()
        """That have been read at any time."""
        self._seeks: dict[int, TopicPartition] = {}
        """Not done yet: until then nothing that comes is what was asked for."""
        self._ends = Ends()

    @property
    def ended(self) -> Set[int]:
        """Partitions that had no more when they were read last."""
        return self._ends.ended

    def start(self, partition: int, offset: int) -> None:
        """Read on from there; a negative one is the oldest event."""
        begin = TopicPartition(self._topic, partition, offset if offset >= 0 else OFFSET_BEGINNING)
        if partition not in self._reading:
            self._consumer.incremental_assign([begin])
            self._reading.add(partition)
        if partition in self._known:
            # The client may go on where it was when a partition goes and comes within a moment.
            self._seeks[partition] = begin
        self._known.add(partition)
        self._ends.forget([partition])

    def stop(self, partitions: Iterable[int]) -> None:
        """Read them no more."""
        if known := self._reading.intersection(partitions):
            self._pauses.forget(known)
            self._consumer.incremental_unassign([TopicPartition(self._topic, number) for number in known])
            self._reading -= known
            for number in known:
                self._seeks.pop(number, None)
            self._ends.forget(known)

    def hold(self, partitions: Set[int]) -> None:
        """Take nothing of these for now, and of the others again."""
        held = partitions & self._reading
        self._pauses.hold(held)
        self._ends.forget(held)  # as the input's source does

    def take(self, most: int, seconds: float) -> list[Message]:
        """The next events. Raises StreamUnavailable."""
        if not self._reading:
            return []
        self._seek()
        taken = [
            message
            for message in self._consumer.consume(most, seconds)
            if message.partition() in self._reading and message.partition() not in self._seeks
        ]
        self._ends.note(taken)
        good = [message for message in taken if message.error() is None]
        if len(good) < len(taken):
            raise_or_tell(message.error() for message in taken)
        return cast(list[Message], good)

    def _seek(self) -> None:
        for number, begin in list(self._seeks.items()):
            with suppress(KafkaException):  # not possible before the client has begun to read; tried in the next turn
                self._consumer.seek(begin)
                del self._seeks[number]
                self._ends.forget([number])
