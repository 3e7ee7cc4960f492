"""Answers and offsets in one transaction: either both are there for readers of what is committed, or neither."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Thread
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.configuration import TRANSACTION_MS
from churn_runtimes.stream.kafka.patience import Patience, ask_kafka
from churn_runtimes.stream.kafka.producing import AnswerProducer
from churn_runtimes.stream.kafka.source import Partitions, Source
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.metrics import StreamMetrics
from churn_runtimes.stream.settings import StreamSettings

logger = logging.getLogger(__name__)

_TRY_SECONDS = 5.0
_FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
_LOOK_SECONDS = 1.0
_GIVEN_UP = 5
"""In a row. A rebalance or a broker's restart costs one or two; what fails for ever, such as a topic that is gone or a
missing right, is told by the worker's end."""


class ExactlyOnce:
    """Transactions of one transactional id; a second worker of the same id ends the first."""

    def __init__(
        self, settings: StreamSettings, source: Source, answers: AnswerProducer, metrics: StreamMetrics
    ) -> None:
        self._answers = answers
        self._producer = answers.client
        self._source = source
        self._seconds = settings.commit_seconds
        self._metrics = metrics
        self._life = answers.life
        self._ask = partial(ask_kafka, settings, answers.life)
        self._ends: dict[int, int] = {}
        """Of the open transaction."""
        self._oldest: list[float] = []
        self._began = 0.0
        self._given_up = 0
        """Transactions in a row."""
        self._why = "its partitions were lost"
        self._is_open = False
        self.sent = self.settled = 0
        # Ends what a worker of the same id has left open.
        self._until_done(lambda: self._producer.init_transactions(_TRY_SECONDS))

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""
        return self._answers.is_full

    @property
    def is_busy(self) -> bool:
        """Whether something waits for the next turn."""
        return self._is_open

    def send(self, outgoing: Sequence[Outgoing], ends: Mapping[int, int], oldest: float) -> None:
        """The answers to messages before `ends`."""
        if not self._is_open:
            self._until_done(self._producer.begin_transaction)
            self._is_open = True
            self._began = time.monotonic()
        self.sent += 1
        self._ends.update(ends)
        self._oldest.append(oldest)
        self._answers.send(outgoing)

    def turn(self) -> None:
        """Commit when it is time. Raises StreamUnavailable."""
        self._producer.poll(0)
        if self._is_open and time.monotonic() - self._began >= self._seconds:
            self._commit()

    def give_up(self, partitions: Partitions) -> None:
        """Before another worker takes them over."""
        self._commit()

    def forget(self, partitions: Partitions) -> None:
        """Another worker has them already: their answers must not be seen."""
        if self._is_open:
            self._abort()

    def close(self) -> None:
        """The last commit."""
        self._commit()

    def _commit(self) -> None:
        if not self._is_open:
            return
        offsets, membership = self._source.offsets(self._ends), self._source.membership()
        with self._metrics.commit_seconds.time():
            is_done = (
                not offsets or self._until_done(lambda: self._send_offsets(offsets, membership))
            ) and self._until_done(lambda: self._producer.commit_transaction(_TRY_SECONDS))
        if not is_done:
            self._abort()
            return
        for oldest in self._oldest:
            self._metrics.answered(oldest)
        self._given_up = 0
        self.settled = self.sent
        self._forget_transaction()

    def _send_offsets(self, offsets: list[TopicPartition], membership: Any) -> None:
        """Raises KafkaException, or StreamUnavailable where the client is stuck.

        This call alone does not keep to its time, and after the group's broker was away it may never return
        (librdkafka#5456 and #5511).
        """
        raised: list[Exception] = []

        def send() -> None:
            try:
                self._producer.send_offsets_to_transaction(offsets, membership, _TRY_SECONDS)
            except Exception as error:
                raised.append(error)

        sending = Thread(target=send, name="offsets", daemon=True)
        sending.start()
        sending.join(_TRY_SECONDS)
        patience = Patience(self._ask)
        try:
            while sending.is_alive():
                self._life.wait()
                patience.require()
                sending.join(_LOOK_SECONDS)
        except BaseException:
            self._forget_transaction()  # or giving the partitions up would call it again
            raise
        if raised:
            raise raised[0]

    def _abort(self) -> None:
        logger.warning("a transaction was given up; its messages are read again")
        self._given_up += 1
        if self._given_up > _GIVEN_UP:
            raise StreamUnavailable(f"{self._given_up} transactions in a row have failed, the last one: {self._why}")
        self._until_done(lambda: self._producer.abort_transaction(_TRY_SECONDS))
        self._forget_transaction()
        # What was sent is no longer waited for: states of other partitions' events would be held back with it.
        self.sent = self.settled
        self._source.rewind()

    def _forget_transaction(self) -> None:
        self._ends, self._oldest, self._is_open = {}, [], False

    def _until_done(self, call: Callable[[], Any]) -> bool:
        """Call as long as Kafka asks for another attempt; false where the transaction has to be given up."""
        patience = Patience(self._ask)
        while True:
            try:
                call()
                return True
            except KafkaException as raised:
                error: KafkaError = raised.args[0]
                if error.txn_requires_abort():
                    self._why = error.str()
                    logger.warning("a transaction failed: %s", self._why)
                    return False
                if not error.retriable():
                    seconds = time.monotonic() - self._began if self._is_open else 0.0
                    raise StreamUnavailable(f"transactions are not possible: {reason_of(error, seconds)}") from raised
                self._life.wait()
                try:
                    patience.require()
                except StreamUnavailable:
                    self._forget_transaction()  # or giving the partitions up would try on
                    raise


def reason_of(error: KafkaError, open_seconds: float) -> str:
    """What ended the worker: Kafka says "fenced" of a second worker and of a transaction that was open too long."""
    if error.code() not in _FENCED:
        return error.str()
    if open_seconds >= TRANSACTION_MS / 1_000:
        return (
            f"one was open for {open_seconds:.0f} s, and Kafka ends it after {TRANSACTION_MS / 1_000:.0f}: this worker "
            "or Kafka has stood still. Its messages are read again by the next start"
        )
    return f"another worker has the same --transactional-id ({error.str()})"
