"""What the store keeps of each partition beside its customers' states: which events are in them, and who writes."""

from dataclasses import dataclass
from typing import Self

BEGINNING = -1
"""The next event of a partition whose states begin with the oldest event that Kafka has."""


@dataclass(frozen=True)
class Record:
    """Written together with the states, so that it never says anything else than what is in them."""

    next_offset: int
    """Of the events' partition: the states hold every event before it and none from it on."""
    is_current: bool
    """False while the states are built from old events: until then they lack what came later."""
    owner: str
    """The worker that last took the partition: any other one's writes are denied."""

    def packed(self) -> bytes:
        """As it is stored."""
        return f"{self.next_offset}/{int(self.is_current)}/{self.owner}".encode()

    @classmethod
    def unpacked(cls, stored: bytes) -> Self | None:
        """The reverse; None of bytes that are no record, which is as if there were none."""
        try:
            offset, current, owner = stored.decode().split("/", 2)
            return cls(int(offset), current == "1", owner)
        except ValueError:
            return None
