"""Stable scores many rows at once after the candidate has answered; no pair, and nothing that is told, gets lost."""

from threading import Thread

import numpy as np
import pytest
from churn_models.combine import Scores
from churn_models.encoding import Encoded, Matrix
from churn_models.outputs import PROBABILITY
from churn_models.traffic import OfferedTable, Traffic
from churn_runtimes.candidate.follower import Follower, Loaded
from churn_runtimes.candidate.later import FEW_ROWS, MOST, TIMED_FIRST, TIMED_OF, Kept, Later
from churn_runtimes.candidate.tally import Fault, Tally
from churn_runtimes.candidate.trial import Answering, Trial
from churn_runtimes.tap.tap import Tap
from support.fake_table import ONE_ROW, Score, always, fake_table

Told = list[tuple[str | None, list[float], list[float]]]


def _first_column(matrix: Matrix) -> Scores:
    return matrix[:, 0].astype(np.float64)


class _Stable:
    """Scores by the first column, and notes how many rows each time."""

    def __init__(self, score: Score = _first_column) -> None:
        self.score = score
        self.rows: list[int] = []

    def evaluate(self, matrix: Matrix) -> tuple[Scores, Scores]:
        self.rows.append(len(matrix))
        found = self.score(matrix)
        return found, found.reshape(-1, 1)


def _later(stable: _Stable, told: Told) -> tuple[Later, Tally]:
    table = fake_table("1", always(0.2))
    tally = Tally(table, fake_table("2", always(0.8)), table)

    def tell(_: Encoded, customer: str | None, own: Scores, others: Scores) -> None:
        told.append((customer, own.tolist(), others.tolist()))

    return Later(stable.evaluate, tally, tell), tally


def _kept(customer: str, *firsts: float) -> Kept:
    matrix = np.array([[first, 1.0] for first in firsts], dtype=np.float32)
    return Kept(Encoded(matrix, {}), customer, np.full(len(firsts), 0.75))


def test_stable_scores_all_that_is_kept_in_one_go() -> None:
    stable, told = _Stable(), Told()
    later, tally = _later(stable, told)
    for kept in (_kept("a", 0.25), _kept("b", 0.5, 0.125), _kept("c", 0.0)):
        later.keep(kept)
    assert not stable.rows
    later.complete()
    later.complete()
    assert stable.rows == [4]
    assert told == [("a", [0.25], [0.75]), ("b", [0.5, 0.125], [0.75, 0.75]), ("c", [0.0], [0.75])]
    assert tally.pairs().rows == 4
    for scoring in tally.scorings():
        assert (scoring.requests, scoring.seconds, sum(scoring.buckets)) == (3, 0.0, 0)


def test_a_fault_of_stable_is_that_of_its_request_alone() -> None:
    stable, told = _Stable(), Told()
    later, tally = _later(stable, told)
    for kept in (_kept("a", 0.25), _kept("b", float("nan")), _kept("c", 0.5)):
        later.keep(kept)
    later.complete()
    of_stable, of_candidate = tally.scorings()
    assert of_stable.faults == {Fault.ERROR: 0, Fault.NOT_FINITE: 1, Fault.OUT_OF_RANGE: 0}
    assert of_candidate.faults == dict.fromkeys(Fault, 0)
    assert (of_stable.requests, of_candidate.requests, tally.pairs().rows) == (3, 3, 2)
    assert [customer for customer, *_ in told] == ["a", "b", "c"]


def test_what_stable_cannot_score_is_an_error_and_the_others_are_scored(caplog: pytest.LogCaptureFixture) -> None:
    def score(matrix: Matrix) -> Scores:
        if (matrix[:, 0] > 1).any():
            raise MemoryError("no more")
        return _first_column(matrix)

    told = Told()
    later, tally = _later(_Stable(score), told)
    for kept in (_kept("a", 0.25), _kept("b", 2.0)):
        later.keep(kept)
    later.complete()
    assert tally.scorings()[0].faults[Fault.ERROR] == 1
    assert (tally.pairs().rows, len(told)) == (1, 1)
    assert "stable could not score" in caplog.text


def test_the_first_pairs_and_some_of_the_others_are_scored_at_once() -> None:
    later, _ = _later(_Stable(), [])
    taken = [later.takes(1) for _ in range(TIMED_FIRST + 10 * TIMED_OF)]
    assert not any(taken[:TIMED_FIRST])
    assert taken[TIMED_FIRST:].count(False) == 10
    later.takes(1)
    assert later.takes(FEW_ROWS)
    assert not later.takes(FEW_ROWS + 1)


def test_no_more_are_kept_than_the_limit() -> None:
    later, _ = _later(_Stable(), [])
    for _ in range(TIMED_FIRST + 1):
        later.takes(1)
    for _ in range(MOST):
        later.keep(_kept("a", 0.5))
    assert not later.takes(1)
    later.complete()
    assert later.takes(1)


def test_threads_that_keep_and_complete_at_once_lose_nothing() -> None:
    told = Told()
    later, tally = _later(_Stable(), told)

    def keep() -> None:
        for _ in range(300):
            later.keep(_kept("a", 0.5))
            later.complete()

    threads = [Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tally.pairs().rows, len(told)) == (1_200, 1_200)


class _Tried:
    """A follower whose candidate answers everything."""

    def __init__(self, score: Score) -> None:
        stable, candidate = fake_table("1", always(0.2)), fake_table("2", score)
        self.answering = Answering()
        loaded = Loaded(stable, None, self.answering)  # type: ignore[arg-type]  # no table is fetched
        self.follower = Follower(loaded, clock=lambda: 0.0)
        self.follower.tables[candidate.sha256] = candidate
        table = OfferedTable(sha256=candidate.sha256, digest=candidate.digest, version="2")
        self.follower.hear(Traffic(generation=1, tables=(table,), candidate=candidate.sha256, weight=100))

    @property
    def trial(self) -> Trial:
        assert self.answering.trial is not None
        return self.answering.trial

    def ask(self, requests: int) -> list[float]:
        """The answers."""
        answers = []
        for _ in range(requests):
            ensemble, _, _, own, others = self.trial.score(ONE_ROW, None, [PROBABILITY])
            self.answering.tell(self.trial, Encoded(ONE_ROW, {}), None, own, others)
            answers.append(float(ensemble[0]))
        return answers


def test_a_candidate_that_answers_leaves_the_pair_for_later_and_who_reads_has_it_completed() -> None:
    tried = _Tried(always(0.8))
    tap = tried.answering.tap = Tap(["first", "second"])
    assert set(tried.ask(2 * TIMED_FIRST)) == {0.8}
    tally = tried.trial.tally
    timed = TIMED_FIRST + TIMED_FIRST // TIMED_OF
    assert tally.pairs().rows == timed
    tried.follower.complete()
    assert tally.pairs().rows == 2 * TIMED_FIRST
    for scoring in tally.scorings():
        assert (scoring.requests, sum(scoring.buckets)) == (2 * TIMED_FIRST, timed)
    assert [float(offered.scores[0]) for offered in tap.take(MOST)] == [0.2] * 2 * TIMED_FIRST


def test_what_a_candidate_scores_wrongly_stable_answers_at_once() -> None:
    scores = iter([0.8] * (TIMED_FIRST + 1))
    tried = _Tried(lambda matrix: np.full(len(matrix), next(scores, float("nan"))))
    tried.ask(TIMED_FIRST + 1)
    assert set(tried.ask(100)) == {0.2}
    assert tried.trial.breaker.is_open
    assert tried.trial.tally.scorings()[1].faults[Fault.NOT_FINITE] == 20


def test_what_a_dropped_candidate_has_answered_is_completed() -> None:
    tried = _Tried(always(0.8))
    trial, tally = tried.trial, tried.trial.tally
    tried.ask(TIMED_FIRST + 10)
    tried.follower.hear(Traffic(generation=2))
    assert tally.pairs().rows == TIMED_FIRST + 10
    # A request that had begun before.
    assert trial.later is not None
    trial.later.keep(Kept(Encoded(ONE_ROW, {}), None, np.array([0.8])))
    tried.follower.complete()
    assert tally.pairs().rows == TIMED_FIRST + 11
