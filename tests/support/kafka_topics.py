"""What tests write to topics and read from them, by a plain client."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from churn_runtimes.stream.message import Headers
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

_SECONDS = 30.0


@dataclass(frozen=True)
class Sent:
    """One message to write."""

    value: bytes | None
    key: bytes | None
    headers: Headers = ()
    timestamp: int = 1_700_000_000_000


def send(brokers: str, topic: str, messages: Iterable[Sent]) -> list[str]:
    """Write all of them in this order and wait until they are there. Gives the place of each, as `churn-source` names
    it."""
    settings = {
        "linger.ms": 5,
        "queue.buffering.max.messages": 1_000_000,
        # As Java's clients choose partitions, and as the state store's readers expect it.
        "partitioner": "murmur2_random",
        # A batch that is tried again would come behind later ones otherwise.
        "enable.idempotence": True,
    }
    producer = Producer({"bootstrap.servers": brokers, **settings})
    places: dict[int, str] = {}
    count = 0
    for count, one in enumerate(messages, 1):

        def delivered(error: object, message: Message, number: int = count) -> None:
            assert error is None, error
            places[number] = f"{message.topic()}/{message.partition()}/{message.offset()}"

        producer.produce(
            topic, one.value, one.key, headers=list(one.headers), timestamp=one.timestamp, on_delivery=delivered
        )
    assert producer.flush(_SECONDS) == 0
    return [places[number] for number in range(1, count + 1)]


class Reader:
    """Reads one topic from its beginning on, what is committed alone where it is asked to."""

    def __init__(self, brokers: str, topic: str, partitions: int, committed: bool = True) -> None:
        isolation = "read_committed" if committed else "read_uncommitted"
        settings = {"bootstrap.servers": brokers, "group.id": "reader", "isolation.level": isolation}
        self._consumer = Consumer({**settings, "enable.auto.commit": False, "fetch.wait.max.ms": 100})
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
        self.messages: list[Message] = []

    def read(self, seconds: float = 0.5) -> Sequence[Message]:
        """All that has come so far; those of the last call took at most so long."""
        new = self._consumer.consume(10_000, seconds)
        assert not [message.error() for message in new if message.error() is not None]
        self.messages += new
        return self.messages

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()


def headers_of(message: Message) -> dict[str, bytes]:
    """By name."""
    pairs = message.headers()
    assert isinstance(pairs, list)
    return {name: value for name, value in pairs if isinstance(value, bytes)}


def source_of(message: Message) -> str:
    """Where an answer says that its message came from."""
    return headers_of(message)["churn-source"].decode()


def value_of(message: Message) -> bytes:
    """Its body; empty where it has none."""
    return message.value() or b""


def committed(brokers: str, group: str, topic: str, partitions: int) -> int:
    """Offsets that the group has committed, of all partitions together."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": group})
    try:
        places = consumer.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=_SECONDS)
        return sum(max(0, place.offset) for place in places)
    finally:
        consumer.close()
