"""What comes from a topic and what goes to one, without a client of Kafka: the pure part of the worker knows no more.

The adapter's messages are confluent-kafka's own, which have these methods; a copy of each would cost a microsecond.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes | None]]

NO_TIMESTAMP = 0
"""The kind of a timestamp that is none."""


class Message(Protocol):
    """One message of the input topic, where it came from included."""

    def value(self) -> bytes | None:
        """Its body."""

    def key(self) -> bytes | None:
        """By which it was given its partition."""

    def headers(self) -> Headers | None:
        """In their order; a name may come twice."""

    def topic(self) -> str:
        """The input topic."""

    def partition(self) -> int:
        """Of it."""

    def offset(self) -> int:
        """In the partition."""

    def timestamp(self) -> tuple[int, int]:
        """Its kind (NO_TIMESTAMP: it has none) and milliseconds since 1970."""


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int


class Outgoing(NamedTuple):
    """One message for the output topic or, where `is_dead`, for the dead letters' topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int | None
    """Milliseconds since 1970."""
    is_dead: bool = False
