"""How many rows are explained at once, what is refused, and that nobody's rows go on without him."""

import asyncio
import threading

import numpy as np
import pytest
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_runtimes.explaining import PIECE_SECONDS, Explaining
from churn_runtimes.v2.errors import TooLarge

SECONDS = 30


class _Rows:
    """Explains a row by itself, in so many seconds of its own clock, and keeps the sizes of the pieces."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.now = 0.0
        self.pieces: list[int] = []

    def clock(self) -> float:
        return self.now

    def explain(self, matrix: Matrix) -> Scores:
        self.now += self._seconds * len(matrix)
        self.pieces.append(len(matrix))
        return matrix.astype(np.float64)


def _matrix(rows: int) -> Matrix:
    return np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)


@pytest.mark.parametrize(
    ("seconds", "rows", "pieces"),
    [
        (0.0, 0, [0]),
        (0.0, 10, [1, 2, 4, 3]),
        (0.0101, 10, [1, 2, 4, 3]),
        (0.0101, 17, [1, 2, 4, 4, 4, 2]),
        (2 * PIECE_SECONDS, 3, [1, 1, 1]),
    ],
    ids=["no rows", "cheap rows", "few rows", "a piece has its time", "one row takes more than a piece"],
)
def test_pieces(seconds: float, rows: int, pieces: list[int]) -> None:
    cost, matrix = _Rows(seconds), _matrix(rows)
    found = asyncio.run(Explaining(clock=cost.clock).explain(cost.explain, matrix))
    np.testing.assert_array_equal(found, matrix)
    assert cost.pieces == pieces


def test_too_many_rows_are_refused_once_it_is_known_what_a_row_takes() -> None:
    cost = _Rows(0.02)
    told = "contributions of 1000 rows would take about 20 s, .* 5 s; ask for at most 200 rows at once"
    with pytest.raises(TooLarge, match=told):
        asyncio.run(Explaining(clock=cost.clock).explain(cost.explain, _matrix(1000)))
    assert 0.5 <= cost.now < 0.6


@pytest.mark.parametrize("rows", [200, 400])
def test_rows_that_may_be_in_time_are_left_to_the_deadline(rows: int) -> None:
    cost = _Rows(0.02)
    assert len(asyncio.run(Explaining(clock=cost.clock).explain(cost.explain, _matrix(rows)))) == rows


def test_who_is_cancelled_has_no_further_piece_explained() -> None:
    begun, may_end = threading.Event(), threading.Event()
    pieces: list[int] = []

    def explain(matrix: Matrix) -> Scores:
        pieces.append(len(matrix))
        begun.set()
        assert may_end.wait(SECONDS)
        return matrix.astype(np.float64)

    async def story() -> None:
        explaining = Explaining()
        tasks = [asyncio.create_task(explaining.explain(explain, _matrix(1000))) for _ in range(4)]
        assert await asyncio.to_thread(begun.wait, SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        may_end.set()
        # Behind all that the thread still had to do.
        await explaining.explain(lambda matrix: matrix.astype(np.float64), _matrix(1))

    asyncio.run(story())
    assert pieces == [1]
