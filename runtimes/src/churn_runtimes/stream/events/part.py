"""One partition of the worker's: what waits for its turn, and its states on their way to the store."""

from dataclasses import dataclass, field

from churn_runtimes.state.record import BEGINNING
from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.events.ledger import Ledger
from churn_runtimes.stream.events.merged import Merged, TimedEvent


@dataclass
class Part:
    """`ledger` is None until the store has given the partition to this worker, and again when it may have lost it."""

    merged: Merged = field(default_factory=Merged)
    ledger: Ledger | None = None
    next_event: int = BEGINNING
    """Offset below which none may come: the states hold what is there, or it waits here."""
    answered: int = 0
    """The newest message's time, in milliseconds."""
    not_before: float = 0.0
    """When the store is asked for the partition again, by the monotonic clock."""

    def came(self, number: int, event: TimedEvent) -> None:
        """It waits for its turn. Raises StreamUnavailable where the topic has lost what the states hold.

        States would take none of what is there now: they know by its offset what they have.
        """
        if event.offset < self.next_event:
            raise StreamUnavailable(
                f"partition {number} of the events has gone back to offset {event.offset}, and its states hold what "
                f"came before {self.next_event}: the topic was made anew, for which a new process has new states, or "
                "brokers have lost a part of it, for which remove its states (cs:{…) from the state store"
            )
        self.next_event = event.offset + 1
        self.merged.events.append(event)
