"""Contributions piece by piece, in a thread of their own: what ChurnEnsemble explains by.

A row of deep trees takes milliseconds and the compiled half stops for nobody, so many rows as one call would outlive
their request's deadline, its client and the server, in a thread that scores wait for.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix

from churn_runtimes.limits import CORES, Limits
from churn_runtimes.v2.errors import TooLarge

PIECE_SECONDS = 0.05
"""What one piece shall take: nobody can stop it, and the others' pieces wait for it."""
_KNOWN_AFTER = 0.1
"""The part of the deadline after which it is known what a row takes."""
_PLAINLY = 2.0
"""Times the deadline: rows that take so long would be late on an idle machine too."""
_SURE = 0.8
"""The part of the deadline that the advised number of rows takes."""

Explain = Callable[[Matrix], Scores]


class Explaining:
    """One per model; requests take turns by piece, so that one of few rows does not wait for one of many."""

    def __init__(self, deadline: float = Limits.deadline, clock: Callable[[], float] = time.perf_counter) -> None:
        """`deadline` is one request's in seconds: the server ends it, and here it only tells who needs not begin."""
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(CORES, "explaining")
        self._clock = clock

    async def explain(self, explain: Explain, matrix: Matrix) -> Scores:
        """What `explain` gives for all rows; cancelled, it goes on to the end of a piece that has begun.

        Raises TooLarge as soon as the rows plainly take longer than the deadline, and what `explain` raises.
        """
        loop = asyncio.get_running_loop()
        pieces: list[Scores] = []
        rows, done, spent = 1, 0, 0.0
        while not pieces or done < len(matrix):
            piece = matrix[done : done + rows]
            contributions, seconds = await loop.run_in_executor(self._threads, self._timed, explain, piece)
            pieces.append(contributions)
            done, spent = done + len(piece), spent + seconds
            self._refuse_too_many(len(matrix), done, spent)
            rows = _next_rows(rows, seconds)
        return np.concatenate(pieces)

    def _timed(self, explain: Explain, piece: Matrix) -> tuple[Scores, float]:
        began = self._clock()
        return explain(piece), self._clock() - began

    def _refuse_too_many(self, rows: int, done: int, spent: float) -> None:
        if spent < _KNOWN_AFTER * self._deadline or spent / done * rows < _PLAINLY * self._deadline:
            return
        fit = max(1, int(_SURE * self._deadline * done / spent))
        raise TooLarge(
            f"contributions of {rows} rows would take about {spent / done * rows:.0f} s, and an answer may take "
            f"{self._deadline:g} s; ask for at most {fit} rows at once"
        )


def _next_rows(rows: int, seconds: float) -> int:
    # From one row on, because nothing is known of a row before it; a piece that was held up makes the next one small.
    return max(1, min(2 * rows, int(rows * PIECE_SECONDS / max(seconds, 1e-9))))
