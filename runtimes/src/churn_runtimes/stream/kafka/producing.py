"""One answer into the producer's queue, waiting while that is full: both ways of delivery send by it."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer

from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.settings import Topics

_WAIT_SECONDS = 0.1
FULL = 20_000
"""Answers under way, above which no more messages are taken: a third of a second's work."""


def produce(
    producer: Producer,
    topics: Topics,
    outgoing: Outgoing,
    delivered: Callable[[Any, Any], None] | None,
    wait: Callable[[], None],
) -> None:
    """`wait` is called while the queue is full, and may raise to give up."""
    more: dict[str, Any] = {} if outgoing.timestamp is None else {"timestamp": outgoing.timestamp}
    topic = topics.dead_letter if outgoing.is_dead else topics.output
    headers: list[tuple[str, str | bytes | None]] = list(outgoing.headers)
    while True:
        try:
            producer.produce(
                topic,
                value=outgoing.value,
                key=outgoing.key,
                headers=headers,
                on_delivery=delivered,
                **more,
            )
            return
        except BufferError:
            producer.poll(_WAIT_SECONDS)
            wait()
