"""A candidate answers its share and nothing else; what it does wrong, stable answers."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.outputs import PROBABILITY
from churn_models.traffic import SILENCE_SECONDS, OfferedTable, Traffic
from churn_runtimes.candidate.spread import Spread
from churn_runtimes.candidate.tally import Fault, Tally
from churn_runtimes.candidate.trial import Trial
from support.fake_table import ONE_ROW, Score, always, fake_table

STABLE = fake_table("1", always(0.2))
ASKED = (PROBABILITY,)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def _trial(score: Score, clock: Callable[[], float] | None = None, **traffic: Any) -> Trial:
    candidate = fake_table("2", score)
    table = OfferedTable(sha256=candidate.sha256, digest=candidate.digest, version="2")
    wanted = Traffic(generation=1, tables=(table,), candidate=candidate.sha256, **traffic)
    return Trial(STABLE, Tally(STABLE, candidate, STABLE), wanted, Spread(0), clock or Clock())


def _ask(trial: Trial, requests: int, key: str | None = None) -> Counter[tuple[float, str]]:
    answers: Counter[tuple[float, str]] = Counter()
    for _ in range(requests):
        ensemble, _, candidate, *_ = trial.score(ONE_ROW, key, ASKED)
        answers[float(ensemble[0]), candidate.version if candidate else "1"] += 1
    return answers


@pytest.mark.parametrize("weight", [0, 5, 25, 37, 50, 100])
def test_the_share_answers_and_both_score_its_rows(weight: int) -> None:
    trial = _trial(always(0.8), weight=weight)
    answers = _ask(trial, 1_000)
    assert set(answers) <= {(0.2, "1"), (0.8, "2")}
    assert abs(answers[0.8, "2"] - 10 * weight) <= 5
    pairs = trial.tally.pairs()
    assert pairs.rows == answers[0.8, "2"]
    assert {cell[:2] for cell in pairs.cells} <= {(0, 3)}


def test_a_sample_is_scored_by_both_and_answered_by_stable() -> None:
    trial = _trial(always(0.8), sample=20)
    assert _ask(trial, 1_000) == {(0.2, "1"): 1_000}
    assert abs(trial.tally.pairs().rows - 200) <= 5


def test_stables_own_scores_are_told_whoever_answers() -> None:
    for weight, answered in ((0, 0.2), (100, 0.8)):
        ensemble, _, _, own, _ = _trial(always(0.8), weight=weight, sample=100).score(ONE_ROW, None, ASKED)
        assert (float(ensemble[0]), float(own[0])) == (answered, 0.2)


def test_a_sample_above_the_weight() -> None:
    trial = _trial(always(0.8), sample=60, weight=10)
    answers = _ask(trial, 1_000)
    assert abs(answers[0.8, "2"] - 100) <= 5
    assert abs(trial.tally.pairs().rows - 600) <= 5


def _raises(matrix: Matrix) -> Scores:
    raise MemoryError("no more")


FAULTS = {
    "NaN": (always(float("nan")), Fault.NOT_FINITE),
    "infinite": (always(float("-inf")), Fault.NOT_FINITE),
    "above 1": (always(1.0000001), Fault.OUT_OF_RANGE),
    "below 0": (always(-1e-7), Fault.OUT_OF_RANGE),
    "raises": (_raises, Fault.ERROR),
}


@pytest.mark.parametrize(("score", "fault"), FAULTS.values(), ids=list(FAULTS))
def test_what_a_candidate_scores_wrongly_stable_answers_until_the_breaker_opens(score: Score, fault: Fault) -> None:
    trial = _trial(score, weight=100)
    assert _ask(trial, 300) == {(0.2, "1"): 300}
    assert trial.breaker.is_open
    # It is not asked again.
    assert trial.tally.scorings()[1].faults == {**dict.fromkeys(Fault, 0), fault: 20}
    assert trial.tally.scorings()[1].requests == 20
    assert trial.tally.pairs().rows == 0


def test_one_bad_row_among_many_is_a_fault_of_the_request() -> None:
    trial = _trial(lambda matrix: np.linspace(0.0, 1.1, len(matrix)), weight=100)
    ensemble, _, candidate, *_ = trial.score(np.zeros((50, 2), dtype=np.float32), None, ASKED)
    assert (candidate, set(ensemble)) == (None, {0.2})
    assert trial.tally.scorings()[1].faults[Fault.OUT_OF_RANGE] == 1


def test_scores_of_0_and_1_are_scores_with_the_rounding_of_a_mean() -> None:
    trial = _trial(lambda matrix: np.array([0.0, 1.0, 1.0000000000000002]), weight=100)
    assert trial.score(np.zeros((3, 2), dtype=np.float32), None, ASKED)[2] is trial.candidate


def test_the_operators_silence_ends_a_candidate_and_its_word_brings_it_back() -> None:
    clock = Clock()
    trial = _trial(always(0.8), clock, weight=100)
    clock.now += SILENCE_SECONDS
    assert _ask(trial, 3) == {(0.8, "2"): 3}
    clock.now += 0.1
    assert not trial.is_in_force
    assert _ask(trial, 3) == {(0.2, "1"): 3}
    trial.hear()
    assert _ask(trial, 3) == {(0.8, "2"): 3}


def test_a_rollback_outlasts_the_operators_silence() -> None:
    clock = Clock()
    trial = _trial(always(0.8), clock, weight=100, previous=True)
    clock.now += 100 * SILENCE_SECONDS
    assert _ask(trial, 3) == {(0.8, "2"): 3}


def test_in_probation_the_previous_version_answers_what_the_new_one_scores_wrongly() -> None:
    trial = _trial(always(0.8), sample=50, previous=True)
    trial._stable = fake_table("1", always(float("nan"))).evaluator.evaluate
    answers = _ask(trial, 1_000)
    assert abs(answers[0.8, "2"] - 500) <= 5
    # It is no fault of the previous version, so its breaker stays closed; the evidence says whose it is.
    assert not trial.breaker.is_open
    assert trial.tally.scorings()[0].faults[Fault.NOT_FINITE] == answers[0.8, "2"]
    assert trial.tally.scorings()[1].faults == dict.fromkeys(Fault, 0)


def test_a_candidate_answers_nobody_in_shadow_whatever_stable_scores() -> None:
    trial = _trial(always(0.8), sample=100)
    trial._stable = fake_table("1", always(1.5)).evaluator.evaluate
    assert set(_ask(trial, 10)) == {(1.5, "1")}


def test_a_key_keeps_its_customer_with_one_version() -> None:
    trial = _trial(always(0.8), weight=50, sticky="customer-id")
    by_key = {key: _ask(trial, 5, f"customer {key}") for key in range(400)}
    assert all(len(answers) == 1 for answers in by_key.values())
    assert 140 <= sum((0.8, "2") in answers for answers in by_key.values()) <= 260


def test_outputs_that_the_candidate_has_not_are_stables() -> None:
    trial = _trial(always(0.8), weight=100)
    assert trial.score(ONE_ROW, None, (PROBABILITY, "member.other"))[2] is None
    assert trial.tally.scorings()[1].requests == 0


def test_what_stable_raises_is_the_requests_own_error() -> None:
    trial = _trial(always(0.8), weight=100)
    trial._stable = _raises  # type: ignore[assignment]
    with pytest.raises(MemoryError):
        trial.score(ONE_ROW, None, ASKED)
