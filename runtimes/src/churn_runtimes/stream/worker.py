"""The loop: take messages, score them in one call, send the answers, commit. Ended by SIGTERM or by an error.

Whatever ends it, a message whose answer is not there for readers is not committed, and the next worker reads it again.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from churn_runtimes.metrics import count_unseen
from churn_runtimes.stream.answers import Answers
from churn_runtimes.stream.batch import Batch, BatchReader
from churn_runtimes.stream.dead_letter import sent_at
from churn_runtimes.stream.errors import Stopped, StreamUnavailable
from churn_runtimes.stream.events.stateful import Stateful
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Message, Outgoing
from churn_runtimes.stream.metrics import StreamMetrics

logger = logging.getLogger(__name__)

_TELL_SECONDS = 1.0
_NONE: frozenset[int] = frozenset()


class Sink(Protocol):
    """One way of delivery."""

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""

    @property
    def is_busy(self) -> bool:
        """Whether something waits for the next turn."""

    @property
    def sent(self) -> int:
        """Calls of `send` so far."""

    @property
    def settled(self) -> int:
        """How many of them, the first ones, are there for readers and committed."""

    def send(self, outgoing: Sequence[Outgoing], ends: Mapping[int, int], oldest: float) -> None:
        """The answers to messages before `ends`, by partition; `oldest` of them was written then."""

    def turn(self) -> None:
        """Do what is due."""

    def give_up(self, partitions: Sequence[int]) -> None:
        """Before another worker takes them over."""

    def forget(self, partitions: Sequence[int]) -> None:
        """Another worker has them already."""

    def close(self) -> None:
        """The last commit."""


class Worker:
    """One member of the group, until its life ends."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        reader: BatchReader | Stateful,
        answers: Answers,
        metrics: StreamMetrics,
        life: Life,
    ) -> None:
        self._source = source
        self._sink = sink
        self._reader = None if isinstance(reader, Stateful) else reader
        self._stateful = reader if isinstance(reader, Stateful) else None
        self._answers = answers
        self._metrics = metrics
        self._life = life
        self._told = 0.0

    def run(self, max_batch: int) -> None:
        """Raises StreamUnavailable."""
        self._source.join(self._give_up, self._forget)
        self._life.joined()
        try:
            self._live(max_batch)
        except Stopped:
            logger.warning("stopped while Kafka did not answer: what is not committed is read again")

    def _live(self, max_batch: int) -> None:
        try:
            while not self._life.is_ending:
                self._turn(max_batch)
            self._sink.close()
            if self._stateful:
                self._stateful.close(self._sink.settled)
        except BaseException:
            # Partitions are given up here, which may fail again; why it began is what a person needs.
            with suppress(StreamUnavailable, Stopped):
                self._source.leave()
            raise
        self._source.leave()

    def _turn(self, max_batch: int) -> None:
        self._life.turned()
        if self._reader:
            self._source.hold(self._source.assigned if self._sink.is_full else _NONE)
            messages = self._source.take(max_batch, self._sink.is_busy)
            if messages:
                self._answer(self._reader.read(messages))
        elif self._stateful:
            self._turn_with_states(self._stateful, max_batch)
        self._sink.turn()
        if time.monotonic() - self._told >= _TELL_SECONDS:
            # Here and not at a scrape: another thread would wait for the client while this one waits for messages.
            self._metrics.place(self._source.lag(), self._source.rebalances)
            self._told = time.monotonic()

    def _turn_with_states(self, stateful: Stateful, max_batch: int) -> None:
        self._source.hold(self._source.assigned if self._sink.is_full else stateful.held)
        batch = stateful.read(self._source.take(max_batch, is_waited_for=True))
        if batch.messages or batch.dead_events:
            self._answer(batch)
        stateful.answered(self._sink.sent, self._sink.settled)

    def _give_up(self, partitions: Sequence[int]) -> None:
        self._sink.give_up(partitions)
        if self._stateful:
            self._stateful.give_up(partitions, self._sink.settled)

    def _forget(self, partitions: Sequence[int]) -> None:
        self._sink.forget(partitions)
        if self._stateful:
            self._stateful.forget(partitions)

    def _answer(self, batch: Batch) -> None:
        messages = batch.messages
        count_unseen(batch.encoded.unseen)
        began = time.perf_counter()
        outgoing = [*self._answers.of(batch), *batch.dead, *batch.dead_events]
        self._metrics.serving.answered(len(batch.asks), len(batch.encoded.matrix), time.perf_counter() - began)
        self._metrics.read(len(messages), len(batch.dead), len(batch.dead_events))
        ends = {message.partition(): message.offset() + 1 for message in messages}
        self._sink.send(outgoing, ends, _oldest(messages))


def _oldest(messages: Sequence[Message]) -> float:
    """When the oldest was written, in seconds since 1970; now where none says it."""
    written = [at for message in messages if (at := sent_at(message)) is not None]
    return min(written) / 1_000 if written else time.time()
