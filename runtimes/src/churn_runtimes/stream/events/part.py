"""One partition of the worker's: what waits for its turn, and its states on their way to the store."""

from dataclasses import dataclass, field

from churn_runtimes.stream.events.ledger import Ledger
from churn_runtimes.stream.events.merged import Merged


@dataclass
class Part:
    """`ledger` is None until the store has given the partition to this worker, and again when it may have lost it."""

    merged: Merged = field(default_factory=Merged)
    ledger: Ledger | None = None
    answered: int = 0
    """The newest message's time, in milliseconds."""
    not_before: float = 0.0
    """When the store is asked for the partition again, by the monotonic clock."""
