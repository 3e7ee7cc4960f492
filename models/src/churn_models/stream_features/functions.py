"""The two pure functions, and the same for many customers at once. They never look at a clock.

Online the worker reads the states of a batch's customers, applies the batch and writes them back; a replay does the
same from the start of the topic; training reads features at each label's time in between.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from churn_models.stream_features.event import Event
from churn_models.stream_features.event_batch import EventBatch, rounds
from churn_models.stream_features.halving import Numbers
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.state_table import StateTable

Features = NDArray[np.float32]


def apply(layout: StateLayout, state: bytes | None, event: Event) -> bytes:
    """The customer's state after the event; None is a customer without events. Raises StateForeign.

    An event whose offset is not above the last one's was applied before, and changes no byte.
    """
    return apply_batch(layout, [state], EventBatch.of([event]))[0]


def features(layout: StateLayout, state: bytes | None, now: float) -> Features:
    """The customer's features at `now`, seconds since 1970, `[features]`; NaN is missing. Raises StateForeign.

    Without events: counts and sums are 0, means, last values and times since are missing.
    """
    row: Features = features_batch(layout, [state], np.array([now], dtype=np.float64))[0]
    return row


def apply_batch(layout: StateLayout, states: Sequence[bytes | None], batch: EventBatch) -> list[bytes]:
    """The states of `batch.customers`, given and returned in that order. Raises StateForeign."""
    table = StateTable(layout, states)
    for positions in rounds(batch.whose):
        table.apply(batch, positions)
    return table.states()


def features_batch(layout: StateLayout, states: Sequence[bytes | None], now: Numbers) -> Features:
    """`[states, features]`, each at its own `now` `[states]`. Raises StateForeign."""
    return StateTable(layout, states).features(np.arange(len(states)), now)
