"""Many events as columns, and in which order they may be applied: a customer's own stay in theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_models.stream_features.event import Event
from churn_models.stream_features.halving import Numbers

Places = NDArray[np.intp]


@dataclass(frozen=True)
class EventBatch:
    """`customers` are the distinct ones; the others are by event: whose `[n]` (a place there), times and offsets
    `[n]`, values `[n, fields]` with NaN where the event has no such field.
    """

    customers: Sequence[str]
    whose: Places
    times: Numbers
    offsets: Numbers
    values: Numbers

    @classmethod
    def of(cls, events: Sequence[Event]) -> "EventBatch":
        """In their order; customers in the order of their first event."""
        places: dict[str, int] = {}
        width = len(events[0].values) if events else 0
        whose = [places.setdefault(event.customer, len(places)) for event in events]
        return cls(
            list(places),
            np.array(whose, dtype=np.intp),
            np.array([event.time for event in events], dtype=np.float64),
            np.array([event.offset for event in events], dtype=np.float64),
            np.array([event.values for event in events], dtype=np.float64).reshape(len(events), width),
        )

    def __len__(self) -> int:
        return len(self.whose)


def rounds(whose: Places) -> Iterator[Places]:
    """Positions of the batch in parts that have each customer once: first events, then second ones, and so on."""
    if not len(whose):
        return
    if np.bincount(whose).max() == 1:
        yield np.arange(len(whose))
        return
    order = np.argsort(whose, kind="stable")
    starts = np.flatnonzero(np.diff(whose[order], prepend=-1))
    sizes = np.diff(starts, append=len(whose))
    turn = np.empty(len(whose), dtype=np.intp)
    turn[order] = np.arange(len(whose)) - np.repeat(starts, sizes)
    by_turn = np.argsort(turn, kind="stable")
    yield from np.split(by_turn, np.cumsum(np.bincount(turn))[:-1])
