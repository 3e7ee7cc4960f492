"""Which partitions are read while others come and go: none stays held when there is room again."""

from collections.abc import Callable
from typing import Any

import pytest
from churn_runtimes.stream.kafka import source as module
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.life import Life
from confluent_kafka import TopicPartition


class Recorder:
    """What a consumer is asked for; rebalances happen when the test says so."""

    def __init__(self) -> None:
        self.held: set[int] = set()

    def subscribe(self, _: list[str], **callbacks: Callable[[Any, list[TopicPartition]], None]) -> None:
        """Remembers the callbacks."""
        self.callbacks = callbacks

    def pause(self, partitions: list[TopicPartition]) -> None:
        """Of which nothing comes."""
        self.held.update(place.partition for place in partitions)

    def resume(self, partitions: list[TopicPartition]) -> None:
        """Again."""
        self.held.difference_update(place.partition for place in partitions)

    def rebalance(self, kind: str, *numbers: int) -> None:
        """As librdkafka calls back within a poll."""
        self.callbacks[kind](self, [TopicPartition("in", number) for number in numbers])


def test_partitions_that_were_held_before_a_rebalance_are_read_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Recorder()
    monkeypatch.setattr(module, "made", lambda *_: consumer)
    source = Source({}, "in", Life())
    source.join(revoked=lambda _: None, lost=lambda _: None)
    consumer.rebalance("on_assign", 0, 1)
    source.hold(source.assigned)
    assert consumer.held == {0, 1}
    consumer.rebalance("on_assign", 2)
    consumer.rebalance("on_revoke", 1)
    source.hold(set())
    assert not consumer.held & source.assigned
    source.hold(source.assigned)
    assert consumer.held >= {0, 2}
