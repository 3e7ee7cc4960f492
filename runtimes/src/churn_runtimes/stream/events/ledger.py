"""One partition's states on their way to the store: what is there, and what waits for answers. Pure.

States are written after the answers that were made from them are there for readers. After a crash the store is
therefore never ahead of the messages that are read again, and they are answered from the same states.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from churn_runtimes.state.record import Record
from churn_runtimes.state.store import Write


class Step(NamedTuple):
    """States that one batch has changed, to be written when so many batches are answered for good."""

    after: int
    record: Record
    states: Mapping[bytes, bytes]


class Ledger:
    """Begun with the record that the store has."""

    def __init__(self, record: Record) -> None:
        self.written = record
        self.newest = record
        """When everything that waits is written."""
        self._steps: deque[Step] = deque()
        self._states: dict[bytes, bytes] = {}

    def state(self, customer: bytes) -> bytes | None:
        """The newest of a customer that waits; None where the store's is the newest."""
        return self._states.get(customer)

    def add(self, after: int, record: Record, states: Mapping[bytes, bytes]) -> None:
        """What a batch has changed."""
        self._steps.append(Step(after, record, states))
        self._states.update(states)
        self.newest = record

    def due(self, partition: int, settled: int) -> Write | None:
        """Everything that waits for no more than `settled` batches, as one write."""
        due = [step for step in self._steps if step.after <= settled]
        if not due:
            return None
        states = {customer: state for step in due for customer, state in step.states.items()}
        return Write(partition, self.written, due[-1].record, states)

    def done(self, write: Write) -> None:
        """It is in the store."""
        self.written = write.record
        while self._steps.popleft().record is not write.record:
            pass
        for customer, state in write.states.items():
            if self._states[customer] is state:
                del self._states[customer]
