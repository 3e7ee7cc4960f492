"""States of some customers side by side, as one matrix of numbers: where events are applied and features read.

`functions` calls it, and so may who has to do both in turns: the worker on the stream between the messages of a
batch, training between events and labels. Every step is one IEEE operation for each number, so a customer's state does
not depend on who else is in the table.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from churn_models.stream_features.errors import StateForeign
from churn_models.stream_features.event_batch import EventBatch, Places
from churn_models.stream_features.halving import Numbers, halved
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.plan import DOUBLE, NO_OFFSET, OFFSET, TIME, plan_of
from churn_models.stream_features.series import TILES

_AGES = np.remainder(np.arange(TILES)[:, None] - np.arange(TILES), TILES).astype(np.float64)
"""How many tiles each slot is behind the newest one, `[slot of the newest, slot]`."""
_LARGEST = float(np.finfo(np.float32).max)


class StateTable:
    """Changes by `apply` alone."""

    def __init__(self, layout: StateLayout, states: Sequence[bytes | None]) -> None:
        """None is a customer without events. Raises StateForeign."""
        self._plan = plan_of(layout)
        empty = self._plan.empty
        if foreign := sum(state is not None and not layout.owns(state) for state in states):
            raise StateForeign(f"{foreign} of {len(states)} states are not of these features: they have to be rebuilt")
        joined = b"".join([empty if state is None else state for state in states])
        self._states = np.frombuffer(joined, dtype=DOUBLE).reshape(len(states), layout.size // 8).copy()

    def states(self) -> list[bytes]:
        """Of all customers, in their order."""
        size, joined = self._plan.layout.size, self._states.tobytes()
        return [joined[start : start + size] for start in range(0, len(joined), size)]

    def apply(self, batch: EventBatch, positions: Places) -> None:
        """The events at these positions, at most one of each customer (`rounds`); one that a state has is left out.

        `batch.whose` are places in this table.
        """
        fresh = batch.offsets[positions] > self._states[batch.whose[positions], OFFSET]
        if not fresh.all():
            positions = positions[fresh]
        if not len(positions):
            return
        rows, times, values = batch.whose[positions], batch.times[positions], batch.values[positions]
        states = self._states[rows]
        self._forget(states, times)
        added = _added(values)
        newest = np.maximum(states[:, TIME], times)
        self._add_to_tiles(states, times, newest, added)
        self._add_to_decayed(states, times, added)
        self._keep_last(states, times, values)
        states[:, TIME] = newest
        states[:, OFFSET] = batch.offsets[positions]
        self._states[rows] = states

    def features(self, rows: Places, now: Numbers) -> NDArray[np.float32]:
        """`[rows, features]` of the customers at these places, NaN for missing; `now` `[rows]` in seconds.

        Before a customer's newest event the features are those at that event.
        """
        plan, states = self._plan, self._states[rows]
        times = states[:, TIME]
        now = np.maximum(now, times)
        gone = (states[:, OFFSET] == NO_OFFSET) | (now - times > plan.layout.lifetime)
        decayed = states[:, plan.decayed] * halved((now - times)[:, None] / plan.half_lives)
        lasts, since = states[:, plan.lasts], (now - times)[:, None]
        decayed[gone], lasts[gone], since[gone] = 0.0, np.nan, np.nan
        known = np.hstack([self._totals(states, now), decayed, lasts, since])
        found = known[:, plan.numerators]
        counts = known[:, plan.counts]
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, plan.means] = np.where(counts > 0, found[:, plan.means] / counts, np.nan)
        found[np.abs(found) > _LARGEST] = np.nan
        return found.astype(np.float32)

    def _forget(self, states: Numbers, times: Numbers) -> None:
        """Begin anew where the customer was forgotten before the event."""
        gone = times - states[:, TIME] > self._plan.layout.lifetime
        if gone.any():
            states[gone, TIME:] = np.frombuffer(self._plan.empty, dtype=DOUBLE)[TIME:]

    def _add_to_tiles(self, states: Numbers, times: Numbers, newest: Numbers, added: Numbers) -> None:
        plan = self._plan
        if not len(plan.windows):
            return
        tiles = states[:, plan.tiles].reshape(len(states), len(plan.windows), TILES)
        before, after, own = (_tile(moments, plan.windows) for moments in (states[:, TIME], newest, times))
        if (moved := (after > before).any(axis=1)).any():
            stale = _ages(after[moved]) < (after[moved] - before[moved])[:, :, None]
            tiles[moved] = np.where(stale, 0.0, tiles[moved])
        customers, series = np.nonzero(own > after - TILES)
        tiles[customers, series, _slots(own[customers, series])] += added[customers, plan.tile_sources[series]]
        states[:, plan.tiles] = tiles.reshape(len(states), TILES * len(plan.windows))

    def _add_to_decayed(self, states: Numbers, times: Numbers, added: Numbers) -> None:
        plan = self._plan
        if not len(plan.half_lives):
            return
        ahead = times - states[:, TIME]
        left = halved(np.abs(ahead)[:, None] / plan.half_lives)
        later = (ahead >= 0)[:, None]
        amounts = added[:, plan.decay_sources]
        old, new = states[:, plan.decayed] * np.where(later, left, 1.0), amounts * np.where(later, 1.0, left)
        states[:, plan.decayed] = old + new

    def _keep_last(self, states: Numbers, times: Numbers, values: Numbers) -> None:
        plan = self._plan
        if not len(plan.last_fields):
            return
        given = values[:, plan.last_fields]
        newer = ~np.isnan(given) & (times[:, None] >= states[:, plan.last_times])
        states[:, plan.lasts] = np.where(newer, given, states[:, plan.lasts])
        states[:, plan.last_times] = np.where(newer, times[:, None], states[:, plan.last_times])

    def _totals(self, states: Numbers, now: Numbers) -> Numbers:
        """Of each window, added from slot to slot: sums of NumPy's own depend on how many rows there are."""
        plan = self._plan
        tiles = states[:, plan.tiles].reshape(len(states), len(plan.windows), TILES)
        newest = _tile(states[:, TIME], plan.windows)
        inside = _ages(newest) < (newest - _tile(now, plan.windows) + TILES)[:, :, None]
        return cast(Numbers, np.cumsum(np.where(inside, tiles, 0.0), axis=2)[:, :, -1])


def _added(values: Numbers) -> Numbers:
    """What events add, `[n, 1 + 2 fields]`: 1 for each, 1 for having each field, and each field's value or 0."""
    known = ~np.isnan(values)
    return np.hstack([np.ones((len(values), 1)), known, np.where(known, values, 0.0)])


def _tile(times: Numbers, windows: Numbers) -> Numbers:
    """Which tile of each window a time is in, `[n, windows]`, counted from 1970."""
    return cast(Numbers, np.floor(times[:, None] * TILES / windows))


def _slots(tiles: Numbers) -> Places:
    """Where in a state each tile is."""
    return cast(Places, (tiles - TILES * np.floor(tiles / TILES)).astype(np.intp))


def _ages(newest: Numbers) -> Numbers:
    """How many tiles each slot is behind the newest tile of its window: `[n, windows]` to `[n, windows, TILES]`."""
    return _AGES[_slots(newest)]
