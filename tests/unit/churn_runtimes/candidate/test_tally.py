"""Requests are counted several in one go; whoever reads finds every one that was noted before."""

from threading import Thread

import numpy as np
from churn_runtimes.candidate.tally import _AT_ONCE, Fault, Scored, Tally, fault_of
from support.fake_table import always, fake_table

_STABLE, _CANDIDATE = fake_table("1", always(0.2)), fake_table("2", always(0.8))
_ERROR: Scored = (1e-3, Fault.ERROR, ())


def _tally() -> Tally:
    return Tally(_STABLE, _CANDIDATE, _STABLE)


def _note(tally: Tally, first: float, other: float | None = 0.8, rows: int = 1) -> None:
    """One request of `rows` rows that begin with `first`; no score of the candidate's is an error of it."""
    matrix = np.array([[first, row] for row in range(rows)], dtype=np.float32)
    scores = [] if other is None else [other] * rows
    candidate = _ERROR if other is None else (2e-5, fault_of(scores), scores)
    tally.note(matrix, (1e-5, None, [0.2] * rows), candidate)


def test_every_read_has_all_that_was_noted() -> None:
    tally = _tally()
    for number in range(1, 3 * _AT_ONCE):
        _note(tally, number)
        assert [scoring.requests for scoring in tally.scorings()] == [number, number]
        assert tally.pairs().rows == number


def test_counted_in_one_go_is_what_is_counted_one_by_one() -> None:
    read_late, read_often = _tally(), _tally()
    for number in range(5 * _AT_ONCE + 3):
        for tally in (read_late, read_often):
            # Some come again, some rows are many, and some scores are none.
            other = {0: None, 1: float("nan"), 2: 1.5}.get(number % 7, 0.1 * (number % 10))
            _note(tally, number % 11, other, rows=20 if number % 5 == 0 else 1)
        read_often.scorings()
    assert read_late.pairs() == read_often.pairs()
    late, often = ([scoring.counts() for scoring in tally.scorings()] for tally in (read_late, read_often))
    assert late == often


def test_few_wait_to_be_counted() -> None:
    tally = _tally()
    for number in range(3 * _AT_ONCE):
        _note(tally, number)
        assert len(tally._waiting) < _AT_ONCE
    _note(tally, 0, rows=1_000)
    assert not tally._waiting


def test_threads_that_note_and_read_at_once_lose_nothing() -> None:
    tally = _tally()

    def note(first: int) -> None:
        for number in range(300):
            _note(tally, first + number)
            if number % 50 == 0:
                tally.pairs()

    threads = [Thread(target=note, args=(1_000 * place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [scoring.requests for scoring in tally.scorings()] == [1_200, 1_200]
    assert tally.pairs().rows == 1_200
