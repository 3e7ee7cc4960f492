"""The producer of answers, which both ways of delivery send by."""

from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Producer

from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import producer_configuration
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.settings import StreamSettings

_WAIT_SECONDS = 0.1
_FULL = 20_000
"""Answers under way, above which no more messages are taken: a third of a second's work."""

Delivered = Callable[[Any, Any], None]


class AnswerProducer:
    """Puts answers into the queue of `client`, waiting while that is full."""

    def __init__(self, settings: StreamSettings, life: Life) -> None:
        self.client = made(Producer, producer_configuration(settings), life)
        self._topics = settings.topics
        self._life = life

    @property
    def is_full(self) -> bool:
        """Whether no more messages should be taken."""
        return len(self.client) > _FULL

    def send(self, outgoing: Sequence[Outgoing], delivered: Delivered | None = None) -> None:
        """`delivered` hears of each. Raises Stopped where the life ends while the queue is full."""
        for one in outgoing:
            self._put(one, delivered)

    def _put(self, one: Outgoing, delivered: Delivered | None) -> None:
        more: dict[str, Any] = {} if one.timestamp is None else {"timestamp": one.timestamp}
        topic = self._topics.dead_letter if one.is_dead else self._topics.output
        headers: list[tuple[str, str | bytes | None]] = list(one.headers)
        while True:
            try:
                self.client.produce(topic, value=one.value, key=one.key, headers=headers, on_delivery=delivered, **more)
                return
            except BufferError:
                self.client.poll(_WAIT_SECONDS)
                self._life.wait()
