"""Answers are sent as they come; every tenth of a second what has been delivered is committed."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaException

from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.in_flight import InFlight
from churn_runtimes.stream.kafka.producing import AnswerProducer
from churn_runtimes.stream.kafka.source import Partitions, Source
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.metrics import StreamMetrics
from churn_runtimes.stream.settings import StreamSettings

logger = logging.getLogger(__name__)

_LAST_SECONDS = 5.0
"""How long answers that are on their way are waited for before partitions or the process go."""


class AtLeastOnce:
    """A crash repeats answers of the last moment; each has the place of its message (`churn-source`)."""

    def __init__(
        self, settings: StreamSettings, source: Source, answers: AnswerProducer, metrics: StreamMetrics
    ) -> None:
        self._answers = answers
        self._producer = answers.client
        self._source = source
        self._seconds = settings.commit_seconds
        self._metrics = metrics
        self._in_flight = InFlight()
        self._done: dict[int, int] = {}
        """Delivered and not committed."""
        self._committing: dict[int, int] = {}
        self._began = 0.0
        self.sent = self.settled = 0
        self._delivered = self._in_commit = 0

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""
        return self._answers.is_full

    @property
    def is_busy(self) -> bool:
        """Whether something waits for the next turn."""
        return bool(self._in_flight or self._done)

    def send(self, outgoing: Sequence[Outgoing], ends: Mapping[int, int], oldest: float) -> None:
        """The answers to messages before `ends`."""
        self.sent += 1
        sent = self._in_flight.send(ends, len(outgoing), oldest)
        self._answers.send(outgoing, sent.delivered)

    def turn(self) -> None:
        """Hear of deliveries, and commit when it is time. Raises StreamUnavailable."""
        self._producer.poll(0)
        self._settle()
        if self._done and not self._committing and time.monotonic() - self._began >= self._seconds:
            self._began = time.monotonic()
            self._committing, self._done = self._done, {}
            self._in_commit = self._delivered
            self._source.commit(self._committing, self._commit_ended)

    def give_up(self, partitions: Partitions) -> None:
        """Before another worker takes them over: what is under way is delivered and committed."""
        # Other commits wait for no answer, but here the partitions go on the return.
        if (ends := self._finish()) and self._commit(lambda: self._source.commit_now(ends)):
            self.settled = self._in_commit
        self.forget(partitions)

    def forget(self, partitions: Partitions) -> None:
        """Another worker has them already."""
        self._in_flight.forget(partitions)
        for number in partitions:
            self._done.pop(number, None)
            self._committing.pop(number, None)

    def close(self) -> None:
        """The last commit."""
        if ends := self._finish():
            self._commit(lambda: self._source.commit_within(ends, _LAST_SECONDS))

    def _finish(self) -> Mapping[int, int]:
        """What is to be committed at last; nothing where Kafka is away, which a commit would wait for too long."""
        waiting = len(self._producer)
        left = self._producer.flush(_LAST_SECONDS)
        if left:
            logger.warning("%d answers are not delivered yet; their messages are read again", left)
        self._settle()
        ends, self._in_commit = self._committing | self._done, self._delivered
        self._committing, self._done = {}, {}
        return {} if left and left == waiting else ends

    def _commit(self, call: Callable[[], None]) -> bool:
        try:
            with self._metrics.commit_seconds.time():
                call()
            return True
        except KafkaException as error:
            logger.warning("offsets were not committed; their messages are read again: %s", error)
            return False

    def _settle(self) -> None:
        if (failure := self._in_flight.failure()) is not None:
            raise StreamUnavailable(f"an answer cannot be delivered: {failure}")
        for sent in self._in_flight.take_done():
            self._done.update(sent.ends)
            self._delivered += 1
            self._metrics.answered(sent.oldest)
        if not self._done and not self._committing:
            self.settled = self._delivered  # dead letters of events alone have no offsets to commit

    def _commit_ended(self, is_done: bool) -> None:
        if is_done:
            self.settled = self._in_commit
            self._metrics.commit_seconds.observe(time.monotonic() - self._began)
        else:
            self._done = self._committing | self._done
        self._committing = {}
