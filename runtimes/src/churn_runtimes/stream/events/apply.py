"""A batch of events and messages in their order: new states, and for each message its customer's features then. Pure.

All customers of the batch are side by side in one table, and a step of it takes each customer's next event. A message
of a customer is looked at after as many steps as the batch has earlier events of that customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from churn_models.stream_features.event import Event
from churn_models.stream_features.event_batch import EventBatch, rounds
from churn_models.stream_features.functions import Features
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.state_table import StateTable

Customer = tuple[int, str]
"""A partition and the customer's key in it."""


@dataclass(frozen=True)
class Look:
    """One message: whose features, at which time (seconds since 1970)."""

    customer: Customer
    now: float


@dataclass(frozen=True)
class Happened:
    """One event in its partition."""

    partition: int
    event: Event


@dataclass(frozen=True)
class Applied:
    """`features` `[looks, features]` in the order of the looks; `states` of the customers that had events."""

    features: Features
    states: Mapping[Customer, bytes]


def apply_in_order(
    layout: StateLayout, states: Mapping[Customer, bytes | None], sequence: Sequence[Happened | Look]
) -> Applied:
    """`states` has all customers of the sequence. Raises StateForeign."""
    places = {customer: place for place, customer in enumerate(states)}
    events: list[Event] = []
    whose: list[int] = []
    looks: list[tuple[int, int, float]] = []
    seen = [0] * len(places)
    for item in sequence:
        if isinstance(item, Look):
            place = places[item.customer]
            looks.append((seen[place], place, item.now))
        else:
            place = places[item.partition, item.event.customer]
            seen[place] += 1
            events.append(item.event)
            whose.append(place)
    table = StateTable(layout, list(states.values()))
    features = _turns(table, _batch(events, whose, len(layout.fields)), looks, len(layout.features))
    new = table.states() if events else []
    return Applied(features, {customer: new[place] for customer, place in places.items() if seen[place]})


def _turns(table: StateTable, batch: EventBatch, looks: Sequence[tuple[int, int, float]], width: int) -> Features:
    found = np.empty((len(looks), width), dtype=np.float32)
    turns = np.array([look[0] for look in looks], dtype=np.intp)
    places = np.array([look[1] for look in looks], dtype=np.intp)
    times = np.array([look[2] for look in looks], dtype=np.float64)

    def look(turn: int) -> None:
        if len(due := np.flatnonzero(turns == turn)):
            found[due] = table.features(places[due], times[due])

    look(0)
    for turn, positions in enumerate(rounds(batch.whose), 1):
        table.apply(batch, positions)
        look(turn)
    return found


def _batch(events: Sequence[Event], whose: Sequence[int], fields: int) -> EventBatch:
    return EventBatch(
        (),  # the table's customers are the caller's
        np.array(whose, dtype=np.intp),
        np.array([event.time for event in events], dtype=np.float64),
        np.array([event.offset for event in events], dtype=np.float64),
        np.array([event.values for event in events], dtype=np.float64).reshape(len(events), fields),
    )
