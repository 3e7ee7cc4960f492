"""Which events the states hold: workers announce it in the store, servers find customers' states by it. Pure."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class EventsTopic:
    """A topic and its number of partitions, by which a customer's state is found."""

    identity: str
    """Tells it from others of its name, too: the offsets of a topic that was made anew mean other events."""
    partitions: int

    def packed(self) -> bytes:
        """As it is announced."""
        return f"{self.partitions}/{self.identity}".encode()

    @classmethod
    def unpacked(cls, stored: bytes | None) -> Self | None:
        """The reverse; None where nothing is announced that can be read."""
        count, _, identity = (stored or b"").decode(errors="replace").partition("/")
        return cls(identity, int(count)) if count.isdecimal() and int(count) and identity else None
