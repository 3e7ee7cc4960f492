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
from churn_runtimes.stream.batch import BatchReader
from churn_runtimes.stream.dead_letter import sent_at
from churn_runtimes.stream.errors import Stopped, StreamUnavailable
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Message, Outgoing
from churn_runtimes.stream.metrics import StreamMetrics

logger = logging.getLogger(__name__)

_TELL_SECONDS = 1.0


class Sink(Protocol):
    """One way of delivery."""

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""

    @property
    def is_busy(self) -> bool:
        """Whether something waits for the next turn."""

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
        self, source: Source, sink: Sink, reader: BatchReader, answers: Answers, metrics: StreamMetrics, life: Life
    ) -> None:
        self._source = source
        self._sink = sink
        self._reader = reader
        self._answers = answers
        self._metrics = metrics
        self._life = life
        self._told = 0.0

    def run(self, max_batch: int) -> None:
        """Raises StreamUnavailable."""
        self._source.join(self._sink.give_up, self._sink.forget)
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
        except BaseException:
            # Partitions are given up here, which may fail again; why it began is what a person needs.
            with suppress(StreamUnavailable, Stopped):
                self._source.leave()
            raise
        self._source.leave()

    def _turn(self, max_batch: int) -> None:
        self._life.turned()
        self._source.hold(self._sink.is_full)
        messages = self._source.take(max_batch, self._sink.is_busy)
        if messages:
            self._answer(messages)
        self._sink.turn()
        if time.monotonic() - self._told >= _TELL_SECONDS:
            # Here and not at a scrape: another thread would wait for the client while this one waits for messages.
            self._metrics.place(self._source.lag(), self._source.rebalances)
            self._told = time.monotonic()

    def _answer(self, messages: Sequence[Message]) -> None:
        batch = self._reader.read(messages)
        count_unseen(batch.encoded.unseen)
        outgoing = [*self._answers.of(batch), *batch.dead]
        self._metrics.read(len(messages), len(batch.dead))
        ends = {message.partition(): message.offset() + 1 for message in messages}
        self._sink.send(outgoing, ends, _oldest(messages))


def _oldest(messages: Sequence[Message]) -> float:
    """When the oldest was written, in seconds since 1970; now where none says it."""
    written = [at for message in messages if (at := sent_at(message)) is not None]
    return min(written) / 1_000 if written else time.time()
