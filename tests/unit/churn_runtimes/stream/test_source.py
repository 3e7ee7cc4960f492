"""Which partitions are read while others come and go, from where on, and which are known to have no more."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from churn_runtimes.stream.kafka import source as module
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.life import Life
from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message, TopicPartition

_UNSTABLE = KafkaError(KafkaError.UNSTABLE_OFFSET_COMMIT)


class Recorder:
    """What a consumer is asked for; rebalances happen when the test says so."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.coming: list[Message] = []
        self.within: Callable[[], None] = lambda: None
        """What happens within the next `consume`."""
        self.told: list[Sequence[Any]] = []
        """What is committed, for each time that it is asked for."""
        self.sought: list[tuple[int, int]] = []

    def subscribe(self, _: list[str], **callbacks: Callable[[Any, list[TopicPartition]], None]) -> None:
        """Remembers the callbacks."""
        self.callbacks = callbacks

    def pause(self, partitions: list[TopicPartition]) -> None:
        """Of which nothing comes."""
        self.held.update(place.partition for place in partitions)

    def resume(self, partitions: list[TopicPartition]) -> None:
        """Again."""
        self.held.difference_update(place.partition for place in partitions)

    def consume(self, *_: float) -> list[Message]:
        """What comes, once."""
        self.within()
        coming, self.coming, self.within = self.coming, [], lambda: None
        return coming

    def committed(self, *_: object, timeout: float) -> Sequence[Any]:
        """The next of what is told."""
        assert timeout
        return self.told.pop(0)

    def seek(self, place: TopicPartition) -> None:
        """Noted."""
        self.sought.append((place.partition, place.offset))

    def rebalance(self, kind: str, *numbers: int) -> None:
        """As librdkafka calls back within a poll."""
        self.callbacks[kind](self, [TopicPartition("in", number) for number in numbers])


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(module, "made", lambda *_: recorder)
    return recorder


def _joined(consumer: Recorder) -> Source:
    source = Source({"enable.partition.eof": True}, "in", Life())
    source.join(revoked=lambda _: None, lost=lambda _: None)
    consumer.rebalance("on_assign", 0, 1)
    return source


def _end(partition: int) -> Message:
    return Message(topic="in", partition=partition, error=KafkaError(KafkaError._PARTITION_EOF))


def _committed(partition: int, offset: int, error: KafkaError | None = None) -> Any:
    return SimpleNamespace(partition=partition, offset=offset, error=error)


def test_partitions_that_were_held_before_a_rebalance_are_read_after_it(consumer: Recorder) -> None:
    source = _joined(consumer)
    source.hold(source.assigned)
    assert consumer.held == {0, 1}
    consumer.rebalance("on_assign", 2)
    consumer.rebalance("on_revoke", 1)
    source.hold(set())
    assert not consumer.held & source.assigned
    source.hold(source.assigned)
    assert consumer.held >= {0, 2}


def test_a_partition_has_ended_until_it_is_held_or_goes(consumer: Recorder) -> None:
    source = _joined(consumer)
    consumer.coming = [_end(0), _end(1)]
    source.take(10, is_waited_for=True)
    assert source.ended == {0, 1}
    source.hold({0})
    assert source.ended == {1}, "more may come to a partition that is held, and is not seen"
    consumer.rebalance("on_revoke", 1)
    assert not source.ended


def test_the_end_of_a_partition_that_goes_within_the_same_call_is_forgotten(consumer: Recorder) -> None:
    source = _joined(consumer)
    consumer.coming = [_end(1)]
    consumer.within = lambda: consumer.rebalance("on_revoke", 1)
    source.take(10, is_waited_for=True)
    consumer.rebalance("on_assign", 1)
    source.take(10, is_waited_for=True)
    assert source.assigned == {0, 1}
    assert not source.ended


def test_messages_are_read_again_from_what_is_committed_once_all_of_it_is_told(consumer: Recorder) -> None:
    source = _joined(consumer)
    consumer.told = [
        [_committed(0, 7), _committed(1, -1001, _UNSTABLE)],
        [_committed(0, 7), _committed(1, -1001)],
    ]
    source.rewind()
    source.take(10, is_waited_for=True)
    assert not any(partition == 1 for partition, _ in consumer.sought), "nobody knows yet what is committed of it"
    source.take(10, is_waited_for=True)
    assert consumer.sought[-2:] == [(0, 7), (1, OFFSET_BEGINNING)]
    assert source.rewinds == 2
    consumer.sought.clear()
    source.take(10, is_waited_for=True)
    assert not consumer.sought
