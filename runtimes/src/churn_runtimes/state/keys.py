"""Names in the store, and the partition of a customer. Writers and readers compute both alike. Pure.

    cs:{name:layout:topic:p17/24}:customer   one customer's state
    cs:{name:layout:topic:p17/24}            the partition's record
    cs:{name:layout}                         the topic of events and its partitions, for readers, who ask no Kafka

What stands in braces decides the slot of a Redis Cluster, so one partition lies on one node. Another layout of states,
topic or number of partitions has other names: states that mean something else are never read, and age away.
"""

from dataclasses import dataclass
from urllib.parse import quote

from churn_runtimes.state.events_topic import EventsTopic

_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Namespace:
    """States of one name, which whoever shares them is told, in one layout."""

    name: str
    layout: str
    """What tells layouts apart: states of another one cannot be read."""

    @property
    def topic_key(self) -> bytes:
        """Of the topic of events that the workers read."""
        return b"cs:{%b}" % _quoted(self.name, self.layout)

    def record_key(self, partition: int, topic: EventsTopic) -> bytes:
        """Of the partition's record; a customer's state has this, a colon, and the customer as events' keys name it."""
        tag = _quoted(self.name, self.layout, topic.identity)
        return b"cs:{%b:p%d/%d}" % (tag, partition, topic.partitions)


def _quoted(*words: str) -> bytes:
    """Nothing in them can end the braces."""
    return ":".join(quote(word, safe="") for word in words).encode()


def partition_of(key: bytes, partitions: int) -> int:
    """As Kafka's clients choose it where their partitioner is `murmur2` or `murmur2_random`, Java's default."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    length = len(data)
    mixed = _SEED ^ length
    whole = length & ~3
    for place in range(0, whole, 4):
        word = int.from_bytes(data[place : place + 4], "little") * _FACTOR & _MASK
        word = (word ^ word >> 24) * _FACTOR & _MASK
        mixed = (mixed * _FACTOR & _MASK) ^ word
    if rest := data[whole:]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _FACTOR & _MASK
    mixed = (mixed ^ mixed >> 13) * _FACTOR & _MASK
    return mixed ^ mixed >> 15
