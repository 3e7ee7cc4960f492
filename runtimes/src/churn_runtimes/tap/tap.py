"""Where requests leave what they have brought, in two microseconds: a queue that is bounded, and that nobody waits for.

The fast paths and the ensemble call `offer` for every request that was scored; the flusher's thread empties the queue.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from churn_models.encoding import Encoded, Matrix
from numpy.typing import NDArray

from churn_runtimes.tap.frame import ROWS_BYTES
from churn_runtimes.tap.lost import Lost
from churn_runtimes.tap.reason import Reason

logger = logging.getLogger(__name__)

ROWS_PER_REQUEST = 8
"""Rows of one request are of one campaign or one segment: with all of them, 86 % of the windows of unchanged traffic
would be alarms (batches of 20 rows with a correlation of 0.2)."""
_ENTRIES = 4096
_BYTES = 4 << 20
"""Of the rows in a full queue, at most."""


class Offered(NamedTuple):
    """One request: rows `[rows, features]`, their unseen categories by feature, and the scores `[rows]`."""

    matrix: Matrix
    unseen: Mapping[str, int]
    scores: NDArray[np.float64]


class Tap:
    """Of one server; requests of several threads offer to it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.lost = Lost()
        self.width = len(names)
        self._places = {name: place for place, name in enumerate(names)}
        row = 4 * self.width
        self._most = min(ROWS_PER_REQUEST, max(1, ROWS_BYTES // row))
        self._capacity = max(1, min(_ENTRIES, _BYTES // (row * self._most)))
        self._turns = count()
        self._queue: deque[Offered] = deque()

    def offer(self, encoded: Encoded, scores: NDArray[np.float64]) -> None:
        """Take a request that was scored, or drop it. Raises nothing."""
        try:
            offered = Offered(encoded.matrix, encoded.unseen, scores)
            if len(scores) > self._most:
                offered = self._sample(offered)
            if len(self._queue) < self._capacity:
                self._queue.append(offered)
            else:
                self.lost.add(Reason.QUEUE_FULL, len(offered.scores))
        except Exception:  # whatever it is, the client gets its answer
            logger.exception("a request was not offered to the drift sidecar")
            self.lost.add(Reason.TAP_FAILED, 1)

    def take(self, most: int) -> list[Offered]:
        """The oldest requests, of together `most` rows or a few more."""
        taken: list[Offered] = []
        while self._queue and most > 0:
            taken.append(self._queue.popleft())
            most -= len(taken[-1].scores)
        return taken

    def _sample(self, offered: Offered) -> Offered:
        """As many rows as are taken of one request, evenly spread; no place comes more than twice as often as another.

        By slices, as a list of places takes NumPy three times as long.
        """
        matrix, unseen, scores = offered
        step, rest = divmod(len(scores), self._most)
        turn = next(self._turns)
        # Of what does not divide evenly, the end is left out at one time and the beginning at another.
        first = turn % step + rest * (turn // step % 2)
        places = slice(first, first + self._most * step, step)
        chosen = matrix[places].copy()
        return Offered(chosen, self._share(unseen, matrix, chosen) if unseen else unseen, scores[places].copy())

    def _share(self, unseen: Mapping[str, int], matrix: Matrix, chosen: Matrix) -> dict[str, int]:
        """Of a feature's rows without a category, the part that is unseen rather than missing, among the chosen."""
        found = {}
        for name, values in unseen.items():
            absent, here = (np.count_nonzero(np.isnan(rows[:, self._places[name]])) for rows in (matrix, chosen))
            found[name] = round(values * here / max(1, absent))
        return found
