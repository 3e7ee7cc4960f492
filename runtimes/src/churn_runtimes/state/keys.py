"""Names in the store, and the partition of a customer. Writers and readers compute both alike. Pure.

    cs:{model:layout:p17/24}:customer   one customer's state
    cs:{model:layout:p17/24}            the partition's record
    cs:{model:layout}                   how many partitions there are, for readers, who ask no Kafka

What stands in braces decides the slot of a Redis Cluster, so one partition lies on one node. Another layout of states
or another number of partitions has other names: states that mean something else are never read, and age away.
"""

from dataclasses import dataclass
from urllib.parse import quote

_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Namespace:
    """The states of one model in one layout."""

    model: str
    layout: str
    """What tells layouts apart: states of another one cannot be read."""

    @property
    def partitions_key(self) -> bytes:
        """Of the number of partitions that the workers know."""
        return b"cs:{%b}" % self._tag

    def record_key(self, partition: int, partitions: int) -> bytes:
        """Of the partition's record; a customer's state has this, a colon, and the customer as events' keys name it."""
        return b"cs:{%b:p%d/%d}" % (self._tag, partition, partitions)

    @property
    def _tag(self) -> bytes:
        # Nothing in it can end the braces.
        return f"{quote(self.model, safe='')}:{quote(self.layout, safe='')}".encode()


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
