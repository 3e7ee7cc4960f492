"""The worker's partitions and their states in the store: taken over, read, written, and taken again after any trouble.

A partition's states are this worker's from when its record in the store names it, and events are read from where that
record says. Whatever goes wrong (the store is away, was flushed or set back, another worker has the partition) has one
way back: what was not written is forgotten, the record is read again, and events are read from there.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeVar

from churn_runtimes.state.errors import StateUnavailable
from churn_runtimes.state.record import BEGINNING, Record
from churn_runtimes.state.store import StateStore, Write
from churn_runtimes.stream.events.apply import Customer
from churn_runtimes.stream.events.ledger import Ledger
from churn_runtimes.stream.events.part import Part
from churn_runtimes.stream.kafka.event_source import EventSource
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.metrics import StreamMetrics

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 0.2
"""Between attempts at a store that is away."""
_TAKEN_SECONDS = 1.0
"""Before a partition that another worker has taken is asked for again: who has lost it learns that meanwhile."""
_LOOK_SECONDS = 1.0
"""How often records are looked at where nothing is read: a flushed store is noticed without events, too."""

Result = TypeVar("Result")


class Keeper:
    """Of one worker; `parts` by partition."""

    def __init__(self, store: StateStore, events: EventSource, metrics: StreamMetrics, life: Life) -> None:
        self._store = store
        self._events = events
        self._metrics = metrics
        self._life = life
        self._owner = uuid.uuid4().hex
        self._again = self._looked = 0.0
        self.parts: dict[int, Part] = {}

    @property
    def closed(self) -> set[int]:
        """Partitions whose states are not this worker's at the moment."""
        return {number for number, part in self.parts.items() if part.ledger is None}

    def follow(self, assigned: Set[int]) -> None:
        """Take over the partitions that have come, as far as the store lets it."""
        for number in assigned - self.parts.keys():
            self.parts[number] = Part()
        self._open()

    def forget(self, partitions: Collection[int]) -> None:
        """They are another worker's."""
        for number in partitions:
            self.parts.pop(number, None)
        self._events.stop(partitions)

    def rewound(self) -> None:
        """Messages come again from what is committed on, so states have to begin where they did then."""
        for part in self.parts.values():
            part.merged.messages.clear()
            part.ledger = None

    def states(self, customers: Mapping[int, Iterable[str]]) -> dict[Customer, bytes | None] | None:
        """The newest states of these, by partition; None where the store did not give them all."""
        known: dict[Customer, bytes | None] = {}
        asked: dict[int, list[bytes]] = {}
        for number, names in customers.items():
            ledger = self._ledger(number)
            asked[number] = []
            for name in names:
                known[number, name] = state = ledger.state(key := name.encode())
                if state is None:
                    asked[number].append(key)
        self._looked = time.monotonic()
        with self._metrics.state_reads.time():
            found = self._tried(lambda: self._store.read(asked))
        if found is None:
            return None
        for number, one in found.items():
            if one.record != self._ledger(number).written:
                self._moved(number, one.record)
        if self.closed.intersection(found):
            return None
        for number, one in found.items():
            known |= {(number, key.decode()): state for key, state in zip(asked[number], one.states, strict=True)}
        return known

    def came(self, events: int, late: int) -> None:
        """So many events into states."""
        if events:
            self._metrics.events.inc(events)
            self._metrics.late_events.inc(late)

    def look(self) -> None:
        """Now and then, whether the records are as they were left."""
        if time.monotonic() - self._looked >= _LOOK_SECONDS and (open_ := self.parts.keys() - self.closed):
            self.states({number: () for number in open_})

    def write(self, settled: int) -> None:
        """What waits for no more than so many batches."""
        writes = [
            write
            for number, part in self.parts.items()
            if part.ledger is not None and (write := part.ledger.due(number, settled)) is not None
        ]
        if not writes:
            return
        with self._metrics.state_writes.time():
            denied = self._tried(lambda: self._store.write(writes))
        if denied is None:
            return
        for write in writes:
            if write.partition in denied:
                self._moved(write.partition, denied[write.partition])
            else:
                self._ledger(write.partition).done(write)

    def _open(self) -> None:
        now = time.monotonic()
        due = [number for number in self.closed if self.parts[number].not_before <= now]
        if not due or now < self._again:
            return
        found = self._tried(lambda: self._store.read({number: () for number in due}))
        if found is None:
            return
        writes = [Write(number, one.record, self._own(one.record), {}) for number, one in found.items()]
        denied = self._tried(lambda: self._take(writes))
        if denied is None:
            return
        for write in writes:
            if write.partition not in denied:
                self._opened(write)

    def _take(self, writes: Sequence[Write]) -> dict[int, Record | None]:
        # Here, because the store may have been flushed.
        self._store.announce()
        return self._store.write(writes)

    def _opened(self, write: Write) -> None:
        part = self.parts[write.partition]
        part.ledger = Ledger(write.record)
        part.merged.events.clear()
        part.next_event = write.record.next_offset
        self._events.start(write.partition, write.record.next_offset)
        if write.follows is None:
            self._metrics.rebuilt.inc()
            logger.info("the store has no states of partition %d: they are built from all events", write.partition)

    def _own(self, record: Record | None) -> Record:
        return Record(BEGINNING, False, self._owner) if record is None else replace(record, owner=self._owner)

    def _moved(self, number: int, record: Record | None) -> None:
        logger.warning("the states of partition %d are not as this worker left them (now: %s)", number, record)
        part = self.parts[number]
        part.ledger = None
        if record is not None and record.owner != self._owner:
            part.not_before = time.monotonic() + _TAKEN_SECONDS

    def _tried(self, call: Callable[[], Result]) -> Result | None:
        """None while the store is away: nobody knows then which writes it has, so all partitions begin anew."""
        try:
            result = call()
        except StateUnavailable as error:
            if self._life.waits_for is None:
                logger.warning("nothing is answered until the state store is back: %s", error)
            self._life.waits_for = str(error)
            self._metrics.state_away.set(1)
            self._again = time.monotonic() + _AGAIN_SECONDS
            for part in self.parts.values():
                part.ledger = None
            return None
        if self._life.waits_for is not None:
            logger.info("the state store is back")
            self._life.waits_for = None
            self._metrics.state_away.set(0)
        return result

    def _ledger(self, number: int) -> Ledger:
        ledger = self.parts[number].ledger
        assert ledger is not None, number
        return ledger
