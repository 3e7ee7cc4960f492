"""Reads messages of customers whose features come from events: each is given them as of its own time.

The loop calls `read` in every turn, and `answered` behind it. Messages wait here for earlier events, and events for
earlier messages; what waits is not committed, so the next worker reads it again.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.functions import Features
from churn_models.stream_features.layout import StateLayout

from churn_runtimes.state.record import Record
from churn_runtimes.stream.batch import Batch, BatchReader, customer_of
from churn_runtimes.stream.dead_letter import sent_at
from churn_runtimes.stream.events.apply import Customer, Happened, Look, apply_in_order
from churn_runtimes.stream.events.event_reading import EventReading
from churn_runtimes.stream.events.keeper import Keeper
from churn_runtimes.stream.events.merged import Item, TimedMessage
from churn_runtimes.stream.events.part import Part
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.message import Message, Outgoing

_MOST = 2_048
"""Events and messages of one turn: the more, the less each costs."""
_LEAST = 64
"""Of each partition."""
_FULL = 4_096
"""Events or messages of one partition that wait, above which no more of them are taken."""

Taken = Mapping[int, Sequence[Item]]


class Stateful:
    """Of one worker, in place of a BatchReader."""

    def __init__(
        self, reader: BatchReader, schema: FeatureSchema, source: Source, events: EventReading, keeper: Keeper
    ) -> None:
        self._reader = reader
        self._layout = StateLayout.of(schema.stream)
        self._columns = np.array([schema.names.index(feature.name) for feature in schema.stream], dtype=np.intp)
        self._source = source
        self._events = events
        self._keeper = keeper
        self._rewinds = 0
        self._changed: dict[int, tuple[int, dict[bytes, bytes]]] = {}
        """By partition, of the last `read`: the next event, and new states."""

    @property
    def held(self) -> Set[int]:
        """Partitions of which no more messages should be taken."""
        parts = self._keeper.parts
        return self._keeper.closed | {n for n, part in parts.items() if len(part.merged.messages) >= _FULL}

    def read(self, messages: Sequence[Message]) -> Batch:
        """What can be answered now; `messages` are new ones. Raises StreamUnavailable or StateError."""
        if self._source.rewinds != self._rewinds:
            self._rewinds = self._source.rewinds
            self._keeper.rewound()
        self._keeper.follow(self._source.assigned)
        parts = self._keeper.parts
        for message in messages:
            parts[message.partition()].merged.messages.append(TimedMessage(sent_at(message) or 0, message))
        for number, event in self._events.take(self._full_of_events()):
            if parts[number].ledger is not None:
                parts[number].came(number, event)
        taken = self._next()
        if not taken:
            self._keeper.look()
            return self._reader.read(())
        states = self._keeper.states(_customers(taken))
        if states is None:
            for number, items in taken.items():
                parts[number].merged.give_back(items)
            return self._reader.read(())
        return self._batch(taken, states)

    def answered(self, sent: int, settled: int) -> None:
        """The last batch is the `sent`th that was sent; the first `settled` ones are answered for good."""
        for number, part in self._keeper.parts.items():
            if part.ledger is None:
                continue
            newest = part.ledger.newest
            following, states = self._changed.get(number, (newest.next_offset, {}))
            current = newest.is_current or (number in self._events.ended and not part.merged.events)
            if states or following != newest.next_offset or current != newest.is_current:
                part.ledger.add(sent, Record(following, current, newest.owner), states)
        self._changed = {}
        self._keeper.write(settled)

    def give_up(self, partitions: Sequence[int], settled: int) -> None:
        """Before another worker takes them over."""
        self._keeper.write(settled)
        self.forget(partitions)

    def forget(self, partitions: Sequence[int]) -> None:
        """Another worker has them already."""
        self._keeper.forget(partitions)

    def close(self, settled: int) -> None:
        """The last writes."""
        self._keeper.write(settled)

    def _full_of_events(self) -> Set[int]:
        parts = self._keeper.parts
        return self._keeper.closed | {n for n, part in parts.items() if len(part.merged.events) >= _FULL}

    def _next(self) -> dict[int, list[Item]]:
        parts = self._keeper.parts
        most = max(_LEAST, _MOST // max(1, len(parts)))
        events_ended, messages_ended = self._events.ended, self._source.ended
        taken = {
            number: part.merged.take(most, number in events_ended, number in messages_ended)
            for number, part in parts.items()
            if part.ledger is not None
        }
        return {number: items for number, items in taken.items() if items}

    def _batch(self, taken: Taken, states: Mapping[Customer, bytes | None]) -> Batch:
        turn = _Turn()
        for number, items in taken.items():
            turn.add(number, items, self._keeper.parts[number])
        applied = apply_in_order(self._layout, states, turn.sequence)
        for (number, customer), state in applied.states.items():
            turn.changed[number][1][customer.encode()] = state
        self._changed = turn.changed
        self._keeper.came(len(turn.sequence) - len(turn.looks), turn.late)
        batch = self._reader.read(turn.messages)
        self._fill(batch, turn.looks, applied.features)
        return replace(batch, dead_events=turn.dead)

    def _fill(self, batch: Batch, looks: Mapping[int, int], features: Features) -> None:
        plain = [ask for ask in batch.asks if ask.v2 is None]
        if plain:
            rows = np.array([ask.first for ask in plain], dtype=np.intp)
            found = np.array([looks[id(ask.message)] for ask in plain], dtype=np.intp)
            batch.encoded.matrix[rows[:, None], self._columns] = features[found]


class _Turn:
    """What one turn takes: messages, and the same with the events in one sequence."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.sequence: list[Happened | Look] = []
        self.looks: dict[int, int] = {}
        """Which look is a message's, by its id()."""
        self.changed: dict[int, tuple[int, dict[bytes, bytes]]] = {}
        self.dead: list[Outgoing] = []
        self.late = 0

    def add(self, number: int, items: Sequence[Item], part: Part) -> None:
        """Of one partition."""
        for item in items:
            if isinstance(item, TimedMessage):
                self._add_message(number, item)
                part.answered = max(part.answered, item.at)
                continue
            self.changed[number] = (item.offset + 1, {})
            if isinstance(item.event, Outgoing):
                self.dead.append(item.event)
                continue
            self.sequence.append(Happened(number, item.event))
            self.late += item.event.time * 1_000 < part.answered

    def _add_message(self, number: int, item: TimedMessage) -> None:
        self.messages.append(item.message)
        if (customer := customer_of(item.message)) is not None:
            self.looks[id(item.message)] = len(self.looks)
            self.sequence.append(Look((number, customer), item.at / 1_000))


def _customers(taken: Taken) -> dict[int, dict[str, None]]:
    """By partition; the values say nothing, only keep them in order and once each."""
    found: dict[int, dict[str, None]] = {}
    for number, items in taken.items():
        names = found[number] = {}
        for item in items:
            if isinstance(item, TimedMessage):
                if (name := customer_of(item.message)) is not None:
                    names[name] = None
            elif not isinstance(item.event, Outgoing):
                names[item.event.customer] = None
    return found
