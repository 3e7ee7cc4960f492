"""All gates on what pods may have seen: what fails, what passes, and how rare false alarms are."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from churn_models.paired_scores import PairedScores
from churn_operator.api.rollout import Gates
from churn_operator.decide.gates.judge import judge
from churn_operator.decide.gates.judgement import Gate, GateVerdict, Judgement
from churn_operator.decide.paired_evidence import PairedEvidence, paired_evidence
from churn_operator.observe.expected import Expected
from numpy.typing import NDArray
from support.paired_pods import OTHER, STABLE, alike, counts, pairs_of, state

_Scores = NDArray[np.float64]

_GATES = Gates()
_RNG = np.random.default_rng(16)
_SCORES = _RNG.uniform(size=1_000)
_EXPECTED = Expected(STABLE, score_psi=0.01, rank_correlation=0.97, passed=True)


def _seen(pairs: PairedScores | None, requests: int, faults: int = 0, of_stable: int = 0) -> PairedEvidence:
    told = state(pairs, counts(STABLE, requests, of_stable), counts(OTHER, requests, faults))
    return paired_evidence([told], STABLE, OTHER)


def _verdicts(judgement: Judgement) -> dict[Gate, GateVerdict]:
    return {result.gate: result.verdict for result in judgement.results}


GOOD = _seen(alike(_RNG, 1_000), 1_000)


class Case(NamedTuple):
    """Evidence, and which gates fail by it."""

    evidence: PairedEvidence
    fails: set[Gate]


CASES = {
    "a good version": Case(GOOD, set()),
    "a score in three is no number": Case(_seen(alike(_RNG, 200), 300, faults=100), {Gate.FAULTS}),
    "every score is no number": Case(_seen(None, 20, faults=20), {Gate.FAULTS}),
    "19 faults are too few": Case(_seen(None, 19, faults=19), set()),
    "as many faults as asked for": Case(_seen(alike(_RNG, 4_950), 5_000, faults=50), set()),
    "faults of both on the same requests": Case(_seen(alike(_RNG, 500), 1_000, faults=500, of_stable=500), set()),
    "inverted": Case(_seen(pairs_of(_SCORES, 1 - _SCORES), 1_000), {Gate.RANK_CORRELATION}),
    "shifted": Case(_seen(pairs_of(_SCORES, np.clip(_SCORES + 0.3, 0, 1)), 1_000), {Gate.SCORE_PSI}),
    "all equal": Case(_seen(pairs_of(_SCORES, np.full(1_000, 0.26)), 1_000), {Gate.SCORE_PSI}),
    "of other customers": Case(_seen(pairs_of(_SCORES, _RNG.permutation(_SCORES)), 1_000), {Gate.RANK_CORRELATION}),
    "too few pairs for scores": Case(_seen(pairs_of(_SCORES[:100], 1 - _SCORES[:100]), 100), set()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_fails(name: str) -> None:
    found = judge(CASES[name].evidence, _GATES, None, 0)
    assert {gate for gate, verdict in _verdicts(found).items() if verdict is GateVerdict.FAIL} == CASES[name].fails
    assert (found.verdict is GateVerdict.FAIL) == bool(CASES[name].fails)


def test_a_good_version_passes() -> None:
    found = judge(GOOD, _GATES, None, 0)
    assert found.verdict is GateVerdict.PASS
    assert "0 faults in 1000 requests that both scored" in found.message
    assert not found.both_are_bad


def test_a_step_waits_for_its_own_pairs() -> None:
    found = judge(GOOD, _GATES, None, 801)
    assert (found.verdict, found.pairs) == (GateVerdict.UNKNOWN, 199)
    assert found.message == "199 of 200 pairs have been scored in this step"
    assert judge(GOOD, _GATES, None, 800).verdict is GateVerdict.PASS


def test_no_traffic_is_unknown() -> None:
    found = judge(_seen(None, 0), _GATES, None, 0)
    assert (found.verdict, found.message) == (GateVerdict.UNKNOWN, "0 of 200 pairs have been scored in this step")


def test_pairs_of_ended_processes_are_waited_for_again() -> None:
    assert judge(GOOD, _GATES, None, 5_000).pairs == 0


def test_a_failure_is_told_by_its_figures() -> None:
    found = judge(CASES["inverted"].evidence, _GATES, None, 900)
    assert found.message == (
        "the scores' rank correlation is -1.000 ± 0.000, at least 0.900 is asked for (1000 different rows)"
    )
    assert found.results[3].figures == {"pairs": 1000, "different": 1000}


@pytest.mark.parametrize(
    ("expected", "verdict"),
    [
        (None, GateVerdict.PASS),
        (_EXPECTED, GateVerdict.FAIL),  # 0.78 where training saw 0.97
        (replace(_EXPECTED, champion_digest=OTHER), GateVerdict.PASS),  # measured against another version
        (replace(_EXPECTED, rank_correlation=0.75), GateVerdict.PASS),
    ],
)
def test_what_training_has_seen_is_expected(expected: Expected | None, verdict: GateVerdict) -> None:
    evidence = _seen(alike(np.random.default_rng(16), 2_000, noise=0.25), 2_000)
    asked = Gates(min_rank_correlation=0.7)
    assert _verdicts(judge(evidence, asked, expected, 0))[Gate.RANK_CORRELATION] is verdict


def test_an_open_breaker_fails_though_the_ratio_over_all_is_small() -> None:
    evidence = replace(_seen(alike(_RNG, 50_000), 50_020, faults=20), open_breakers=1)
    assert _verdicts(judge(evidence, _GATES, None, 0))[Gate.FAULTS] is GateVerdict.FAIL


def _of_few(
    rng: np.random.Generator, customers: int, noise: float, pods: int = 1, upside_down: bool = False
) -> Judgement:
    """Each pod scores all of them twenty times; a pod counts a row once."""
    first = rng.uniform(size=customers)
    second = np.clip(first + rng.normal(0, noise, customers), 0, 1)
    pairs = pairs_of(first, np.abs(float(upside_down) - second)).model_copy(update={"repeated": 19 * customers})
    seen = 20 * customers
    told = [state(pairs, counts(STABLE, seen), counts(OTHER, seen), instance=str(pod)) for pod in range(pods)]
    return judge(paired_evidence(told, STABLE, OTHER), _GATES, None, 0)


@pytest.mark.parametrize(("customers", "pods"), [(10, 1), (30, 1), (30, 8), (60, 4), (100, 8), (150, 2)])
def test_few_customers_who_come_again_and_again_fail_no_version_that_is_as_good(customers: int, pods: int) -> None:
    rng = np.random.default_rng(16)
    assert GateVerdict.FAIL not in {_of_few(rng, customers, 0.05, pods).verdict for _ in range(100)}


def test_few_customers_let_a_version_pass_that_scores_them_alike_and_none_that_does_not() -> None:
    rng = np.random.default_rng(16)
    assert _of_few(rng, 100, 0.005).verdict is GateVerdict.PASS
    assert _of_few(rng, 100, 0.005, upside_down=True).verdict is GateVerdict.UNKNOWN


def test_a_probe_beside_the_edge_of_a_bin_fails_no_version() -> None:
    probe = PairedScores(stable=STABLE, other=OTHER, edges_of=STABLE, bins=20, cells=((9, 10, 1),), repeated=5_000)
    found = judge(_seen(probe, 5_001), _GATES, None, 0)
    assert found.verdict is GateVerdict.UNKNOWN
    assert "by 1 different rows alone" in found.message


def test_a_probe_beside_real_customers_hides_no_version_that_is_upside_down() -> None:
    real = pairs_of(_SCORES, 1 - _SCORES).model_copy(update={"repeated": 1_000})
    assert judge(_seen(real, 2_000), _GATES, None, 0).verdict is GateVerdict.FAIL


def test_faults_of_both_are_told() -> None:
    found = judge(CASES["faults of both on the same requests"].evidence, _GATES, None, 0)
    assert (found.verdict, found.both_are_bad) == (GateVerdict.UNKNOWN, True)


@pytest.mark.parametrize(
    ("faults", "of_stable", "are_bad"),
    [
        (100, 100, True),
        (0, 100, False),  # it mends what is bad
        (60, 100, True),  # not much better
        (900, 100, False),  # far worse: it fails
        (100, 0, False),
    ],
)
def test_both_are_bad_only_when_they_are_so_alike(faults: int, of_stable: int, are_bad: bool) -> None:
    evidence = _seen(alike(_RNG, 100), 1_000, faults, of_stable)
    assert judge(evidence, _GATES, None, 0).both_are_bad is are_bad


@pytest.mark.parametrize(
    ("microseconds", "pauses", "verdict"),
    [
        (5.0, 0, GateVerdict.PASS),
        (60.0, 0, GateVerdict.PASS),  # twelve times as long, and nobody's matter
        (3_000.0, 0, GateVerdict.FAIL),
        (5.0, 5, GateVerdict.PASS),  # five pauses of 300 ms in 1,000 requests
    ],
)
def test_time_of_scoring(microseconds: float, pauses: int, verdict: GateVerdict) -> None:
    slow = counts(OTHER, 1_000 - pauses, microseconds=microseconds)
    paused = counts(OTHER, pauses, microseconds=300_000)
    told = state(alike(_RNG, 1_000), counts(STABLE, 1_000), slow, paused)
    found = judge(paired_evidence([told], STABLE, OTHER), _GATES, None, 0)
    assert _verdicts(found)[Gate.LATENCY] is verdict


def test_equal_models_are_never_failed_however_often_they_are_looked_at() -> None:
    """Two trainings of one model; looked at from 200 pairs on, again and again."""
    rng = np.random.default_rng(16)
    assert _share_failed(rng, lambda: rng.normal(0, 0.05, 4_000), Gates(min_rank_correlation=0.95), 120) == 0


def test_at_the_bound_itself_false_alarms_are_rare() -> None:
    rng = np.random.default_rng(17)
    exact = _rank_of(rng.normal(0, 0.2, 400_000), rng)
    asked = Gates(min_rank_correlation=exact, maxScorePSI=10)
    assert _share_failed(rng, lambda: rng.normal(0, 0.2, 4_000), asked, 120) <= 0.01


def _rank_of(noise: _Scores, rng: np.random.Generator) -> float:
    first = rng.uniform(size=len(noise))
    value = pairs_of(first, np.clip(first + noise, 0, 1)).rank_correlation
    assert value is not None
    return value


def _share_failed(rng: np.random.Generator, noise: Callable[[], _Scores], asked: Gates, rollouts: int) -> float:
    failed = 0
    for _ in range(rollouts):
        drawn = noise()
        first = rng.uniform(size=len(drawn))
        second = np.clip(first + drawn, 0, 1)
        looks = np.unique(np.geomspace(200, len(drawn), 12).astype(int))
        failed += any(
            judge(_seen(pairs_of(first[:n], second[:n]), int(n)), asked, None, 0).verdict is GateVerdict.FAIL
            for n in looks
        )
    return failed / rollouts


class Wandering(NamedTuple):
    """What stretches of time showed in training, the share of rows whose scores now have another order, the verdict."""

    psi_most: float | None
    rank_least: float | None
    disordered: float
    rank: GateVerdict


WANDERING = {
    "nothing is known, a fifth is disordered": Wandering(None, None, 0.2, GateVerdict.FAIL),
    "stretches differed as much": Wandering(0.3, 0.6, 0.2, GateVerdict.PASS),
    "they differed less": Wandering(0.1, 0.9, 0.2, GateVerdict.FAIL),
    "more than half of the order is gone": Wandering(0.3, -0.5, 0.6, GateVerdict.FAIL),
}


@pytest.mark.parametrize("name", WANDERING)
def test_what_stretches_of_time_allow(name: str) -> None:
    case, rng = WANDERING[name], np.random.default_rng(7)
    first = rng.uniform(size=4_000)
    other = np.where(rng.random(4_000) < case.disordered, rng.permutation(first), first)
    expected = replace(_EXPECTED, score_psi_most=case.psi_most, rank_correlation_least=case.rank_least)
    found = _verdicts(judge(_seen(pairs_of(first, other), 4_000), _GATES, expected, 0))
    assert found[Gate.RANK_CORRELATION] is case.rank
    assert found[Gate.SCORE_PSI] is GateVerdict.PASS
