"""The producer of answers, which both ways of delivery send by."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from churn_runtimes.stream.dead_letter import refused
from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import producer_configuration
from churn_runtimes.stream.kafka.topic_limits import WrittenTopics
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.metrics import StreamMetrics
from churn_runtimes.stream.settings import StreamSettings

_WAIT_SECONDS = 0.1
_FULL = 20_000
"""Answers under way, above which no more messages are taken: a third of a second's work."""

NO_KEY = "the output topic keeps the last answer of each key (cleanup.policy=compact), and the message has no key"
TOO_LARGE = "the answer is larger than the output topic takes (max.message.bytes)"

Delivered = Callable[[Any, Any], None]


class AnswerProducer:
    """Puts answers into the queue of `client`, waiting while that is full."""

    def __init__(self, settings: StreamSettings, limits: WrittenTopics, metrics: StreamMetrics, life: Life) -> None:
        self.client = made(Producer, producer_configuration(settings, limits), life)
        self._topics = settings.topics
        self._limits = limits
        self._metrics = metrics
        self.life = life

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""
        return len(self.client) > _FULL

    def send(self, outgoing: Sequence[Outgoing], delivered: Delivered | None = None) -> None:
        """`delivered` hears of each. Raises StreamUnavailable; Stopped, where the life ends while the queue is full."""
        now = int(time.time() * 1_000)
        for one in outgoing:
            if one.key is None and not one.is_dead and self._limits.output.is_compacted:
                self._put(self._refused(one, NO_KEY), now, delivered)
                continue
            try:
                self._put(one, now, delivered)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                    raise StreamUnavailable(f"an answer cannot be sent: {error.args[0].str()}") from error
                self._put(self._refused(one, TOO_LARGE), now, delivered)

    def _refused(self, one: Outgoing, error: str) -> Outgoing:
        if not one.is_dead:
            self._metrics.refused()
        return refused(one, error)

    def _put(self, one: Outgoing, now: int, delivered: Delivered | None) -> None:
        limits = self._limits.dead_letter if one.is_dead else self._limits.output
        timestamp = limits.timestamp(one.timestamp, now)
        more: dict[str, Any] = {} if timestamp is None else {"timestamp": timestamp}
        topic = self._topics.dead_letter if one.is_dead else self._topics.output
        headers: list[tuple[str, str | bytes | None]] = list(one.headers)
        while True:
            try:
                self.client.produce(topic, value=one.value, key=one.key, headers=headers, on_delivery=delivered, **more)
                return
            except BufferError:
                self.client.poll(_WAIT_SECONDS)
                self.life.wait()
