"""The input topic: messages of the partitions that the group gives this worker, and commits of their offsets."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence, Set
from threading import Thread
from typing import Any, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import Configuration
from churn_runtimes.stream.kafka.ends import Ends
from churn_runtimes.stream.kafka.pauses import Pauses
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Message

logger = logging.getLogger(__name__)

_IDLE_SECONDS = 0.1
"""How long a turn waits for a first message; a signal or a commit waits as long at most."""
_GATHER_SECONDS = 0.002
"""How long for more after it."""
_ANSWER_SECONDS = 10.0
_LEAVE_SECONDS = 10.0
_HOPELESS = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    }
)
"""What no waiting mends."""

Partitions = Sequence[int]


class Source:
    """One member of the group. `revoked` is called before partitions go, `lost` when they are gone already."""

    def __init__(self, configuration: Configuration, topic: str, life: Life) -> None:
        self._topic = topic
        self._consumer = made(Consumer, {**configuration, "on_commit": self._committed}, life)
        self.assigned: set[int] = set()
        self.rebalances = 0
        self._gone: set[int] = set()
        self._is_idle = True
        self._pauses = Pauses(self._consumer, topic)
        self._ends = Ends() if configuration.get("enable.partition.eof") else None
        self._must_rewind = False
        self._commits = 0
        """Begun and not ended."""
        self.rewinds = 0
        self._commit_ended: Callable[[bool], None] | None = None

    def join(self, revoked: Callable[[Partitions], None], lost: Callable[[Partitions], None]) -> None:
        """Become a member."""

        def on_assign(_: Consumer, partitions: list[TopicPartition]) -> None:
            # What went and came back within one call may have been taken by another worker in between.
            self._must_rewind |= not self._gone.isdisjoint(_numbers(partitions))
            self._count({*self.assigned, *_numbers(partitions)})
            self._gone.difference_update(self.assigned)

        def on_revoke(_: Consumer, partitions: list[TopicPartition]) -> None:
            revoked(_numbers(partitions))
            self._take_away(_numbers(partitions))

        def on_lost(_: Consumer, partitions: list[TopicPartition]) -> None:
            lost(_numbers(partitions))
            self._take_away(_numbers(partitions))

        self._consumer.subscribe([self._topic], on_assign=on_assign, on_revoke=on_revoke, on_lost=on_lost)

    @property
    def ended(self) -> Set[int]:
        """Partitions that had no more when they were read last, where the configuration asks for it."""
        return self._ends.ended if self._ends else frozenset()

    def take(self, most: int, is_waited_for: bool) -> list[Message]:
        """The next messages, of the assigned partitions alone; soon none, where other work waits."""
        if self._is_idle and not is_waited_for:
            first = self._consumer.poll(_IDLE_SECONDS)
            taken = [] if first is None else [first, *self._consumer.consume(most - 1, _GATHER_SECONDS)]
        else:
            taken = self._consumer.consume(most, _GATHER_SECONDS)
        self._is_idle = not taken
        if self._must_rewind:
            self._rewind()
            return []
        if self._gone:
            # Some may have been taken before their partition was taken away, within the same call.
            taken = [message for message in taken if message.partition() not in self._gone]
            self._gone.clear()
        good = [message for message in taken if message.error() is None]
        if self._ends:
            self._ends.note(taken)
        if len(good) < len(taken):
            raise_or_tell(message.error() for message in taken)
        # Without an error a message has all that its type says it may lack.
        return cast(list[Message], good)

    def hold(self, partitions: Set[int]) -> None:
        """Take no messages of these for now and stay a member: `take` is called all the same."""
        held = partitions & self.assigned
        self._pauses.hold(held)
        if self._ends:
            # More may come that is not seen; the client tells the end again when it goes on.
            self._ends.forget(held)

    def commit(self, ends: Mapping[int, int], ended: Callable[[bool], None]) -> None:
        """Begin to; `ended` is told within a later `take` whether it is done."""
        self._commit_ended = ended
        self._begin_commit(ends)

    def commit_now(self, ends: Mapping[int, int]) -> None:
        """And wait for it, as a callback of a rebalance may; for most of a minute where Kafka is away.

        Raises KafkaException.
        """
        self._consumer.commit(offsets=self.offsets(ends), asynchronous=False)

    def commit_within(self, ends: Mapping[int, int], seconds: float) -> None:
        """Of a worker that leaves: what comes while it waits is not taken. Raises KafkaException."""
        self._begin_commit(ends)
        deadline = time.monotonic() + seconds
        while self._commits and time.monotonic() < deadline:
            self._consumer.poll(_GATHER_SECONDS)
        if self._commits:
            logger.warning("Kafka has not answered the last commit; its messages may be read again")

    def offsets(self, ends: Mapping[int, int]) -> list[TopicPartition]:
        """For the client of Kafka."""
        return [TopicPartition(self._topic, number, end) for number, end in ends.items()]

    def membership(self) -> Any:
        """What a transaction says of the group; it changes with every rebalance, so it is asked for each."""
        return self._consumer.consumer_group_metadata()

    def rewind(self) -> None:
        """Read again from what is committed on: within `take`, and nothing of what it has taken is given."""
        self._must_rewind = True

    def lag(self) -> dict[int, int]:
        """Messages behind the last one taken, by partition, as far as the last fetch has told."""
        places = self._consumer.position([TopicPartition(self._topic, number) for number in self.assigned])
        found = {}
        for place in places:
            try:
                _, high = self._consumer.get_watermark_offsets(place, cached=True)
            except KafkaException:
                continue
            if place.offset >= 0 and high >= 0:
                found[place.partition] = max(0, high - place.offset)
        return found

    def leave(self) -> None:
        """Tell the group, which gives the partitions to others at once. Raises what giving them up raises.

        Where Kafka is away the client would wait for a commit that it has begun, longer than a pod is given: the
        process ends without it.
        """
        raised: list[Exception] = []

        def close() -> None:
            try:
                self._consumer.close()
            except Exception as error:
                raised.append(error)

        closing = Thread(target=close, name="leave", daemon=True)
        closing.start()
        closing.join(_LEAVE_SECONDS)
        if closing.is_alive():
            logger.warning("Kafka has not answered; the group takes this worker for dead after its session")
        if raised:
            raise raised[0]

    def _begin_commit(self, ends: Mapping[int, int]) -> None:
        self._consumer.commit(offsets=self.offsets(ends), asynchronous=True)
        self._commits += 1

    def _rewind(self) -> None:
        self.rewinds += 1
        if self._ends:
            self._ends.forget(self.assigned)
        ours = [TopicPartition(self._topic, number) for number in self.assigned]
        try:
            for place in self._consumer.committed(ours, timeout=_ANSWER_SECONDS) if ours else ():
                if place.error is not None:
                    raise KafkaException(place.error)
                offset = place.offset if place.offset >= 0 else OFFSET_BEGINNING
                self._consumer.seek(TopicPartition(self._topic, place.partition, offset))
        except KafkaException as error:
            if error.args[0].code() in _HOPELESS:
                raise StreamUnavailable(f"cannot read again from what is committed: {error}") from error
            logger.warning("what is committed is not told yet: %s", error.args[0].str())
            return
        self._must_rewind = False

    def _take_away(self, partitions: Partitions) -> None:
        self._gone.update(partitions)
        self._pauses.forget(partitions)
        if self._ends:
            self._ends.forget(partitions)
        self._count(self.assigned.difference(partitions))

    def _count(self, assigned: set[int]) -> None:
        self.assigned = assigned
        self.rebalances += 1
        logger.info("partitions of %s: %s", self._topic, sorted(assigned))

    def _committed(self, error: KafkaError | None, _: list[TopicPartition]) -> None:
        self._commits = max(0, self._commits - 1)
        if error is not None:
            logger.warning("offsets were not committed, and will be with the next: %s", error)
        if self._commit_ended is not None:
            self._commit_ended(error is None)
            self._commit_ended = None


def _numbers(partitions: Sequence[TopicPartition]) -> list[int]:
    return [partition.partition for partition in partitions]


def raise_or_tell(errors: Any) -> None:
    """Of what a consumer has given; None is a message. Raises StreamUnavailable."""
    for error in errors:
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            continue
        if error.fatal() or error.code() in _HOPELESS:
            raise StreamUnavailable(f"the input cannot be read: {error.str()}")
        logger.warning("while reading: %s", error.str())
