"""The corrected test against worked examples, and against learners that are equal."""

import numpy as np
import pytest
from churn_training.search.choose import AS_WRITTEN, Candidate, Choice, Cost, Folds, choose
from churn_training.search.corrected_t_test import ROPE, corrected_t_test, expected_range, holm
from numpy.typing import NDArray
from scipy.stats import rankdata, ttest_rel
from support.figures import record

RATIO = 0.25
"""Of five folds of all rows."""

EQUAL = np.full(6, 0.5)
UNEQUAL = np.linspace(0.45, 0.6, 6)
"""How large the errors of six candidates are."""


def test_it_is_the_plain_test_where_folds_share_no_rows() -> None:
    first, second = [0.81, 0.84, 0.80, 0.83], [0.80, 0.82, 0.81, 0.80]
    found = corrected_t_test(first, second, 0.0)
    plain = ttest_rel(first, second)
    assert found.p_value == pytest.approx(plain.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(plain.confidence_interval()))


def test_a_worked_example() -> None:
    # Differences 0.00, 0.01, ..., 0.04: mean 0.02, variance 0.00025, so t = 0.02 / sqrt((1/5 + 1/4) 0.00025).
    found = corrected_t_test([0.80, 0.81, 0.82, 0.83, 0.84], [0.8] * 5, RATIO)
    assert found.mean == pytest.approx(0.02)
    assert found.p_value == pytest.approx(0.1324, abs=1e-4)
    assert found.high - found.mean == pytest.approx(2.7764 * np.sqrt(0.45 * 0.00025), abs=1e-5)
    assert found.better + found.alike + found.worse == pytest.approx(1)
    assert found.better == pytest.approx(0.9175, abs=1e-4)


@pytest.mark.parametrize(
    ("difference", "p_value", "better", "alike", "worse"),
    [
        pytest.param(0.0, 1, 0, 1, 0, id="the same scores"),
        pytest.param(ROPE / 2, 0, 0, 1, 0, id="always better, by what nobody notices"),
        pytest.param(0.5, 0, 1, 0, 0, id="always better"),
        pytest.param(-0.5, 0, 0, 0, 1, id="always worse"),
    ],
)
def test_differences_without_any_spread(
    difference: float, p_value: float, better: float, alike: float, worse: float
) -> None:
    found = corrected_t_test([0.5 + difference] * 3, [0.5] * 3, RATIO)
    assert (found.p_value, found.better, found.alike, found.worse) == (p_value, better, alike, worse)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0.04], [0.04], id="one"),
        pytest.param([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02], id="the example of Holm's procedure"),
        pytest.param([0.6, 0.5], [1.0, 1.0], id="no more than 1"),
        pytest.param([0.02, 0.02], [0.04, 0.04], id="equal ones"),
    ],
)
def test_holm(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


def _aucs(scores: NDArray[np.float64], target: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of scores `[..., rows]`, by ranks."""
    positive = int(target.sum())
    ranks = rankdata(scores, axis=-1)[..., target == 1].sum(axis=-1)
    return np.asarray((ranks - positive * (positive + 1) / 2) / (positive * (len(target) - positive)))


def _simulated(generator: np.random.Generator, errors: NDArray[np.float64], rows: int, folds: int) -> list[list[float]]:
    """AUCs `[candidates][folds]` in two repeats of so many folds.

    Each candidate errs by a part of its own that stays with the customer, whatever it was fitted on, of the size that
    `errors` says, and by one of each fit.
    """
    target = (np.arange(rows) < rows // 4).astype(np.int64)
    known = 1.2 * target + generator.normal(size=rows)
    own = errors[:, None] * generator.normal(size=(len(errors), rows))
    found = []
    for _ in range(2):
        for fold in np.array_split(generator.permutation(rows), folds):
            scores = known[fold] + own[:, fold] + 0.3 * generator.normal(size=(len(errors), len(fold)))
            found.append(_aucs(scores, target[fold]))
    return [list(map(float, aucs)) for aucs in np.transpose(found)]


def _candidates(generator: np.random.Generator, errors: NDArray[np.float64] = EQUAL) -> list[Candidate]:
    aucs = _simulated(generator, errors, rows=1500, folds=5)
    names = [AS_WRITTEN, *(f"trial {number}" for number in range(1, 6))]
    costs = [Cost(None, int(size), 1) for size in generator.permutation(6)]
    return [Candidate(name, tuple(folds), cost) for name, folds, cost in zip(names, aucs, costs, strict=True)]


def _is_false(choice: Choice) -> bool:
    """Whether it claims that somebody is worse than the best, or the winner better than what was written."""
    return any(one.is_proved for one in choice.beside_best) or "is proved" in choice.why


def test_equal_candidates_are_seldom_called_different() -> None:
    generator = np.random.default_rng(0)
    selections = [_candidates(generator) for _ in range(200)]
    corrected, plain = (
        float(np.mean([_is_false(choose(candidates, Folds(ratio))) for candidates in selections]))
        for ratio in (RATIO, 0.0)
    )
    figure = record("false_differences", corrected, "share of A/A selections", "<= 0.05")
    assert figure.holds, figure
    # The simulation is one in which the plain test, with Holm's correction too, does fool itself.
    assert plain > 0.1


def test_the_winner_is_judged_as_was_stated() -> None:
    generator = np.random.default_rng(1)
    within = []
    for _ in range(200):
        candidates = _candidates(generator, UNEQUAL)
        choice = choose(candidates, Folds(RATIO))
        place = next(place for place, one in enumerate(candidates) if one.name == choice.winner)
        low, high = expected_range(candidates[place].aucs, RATIO, 300 / 1000)
        # Other rows, scored once.
        judgement = _simulated(generator, UNEQUAL[[place]], rows=1000, folds=1)[0][0]
        within.append(low <= judgement <= high)
    figure = record("selected_auc_within", float(np.mean(within)), "share of simulated searches", ">= 0.9")
    assert figure.holds, figure
    # A range that says nothing would hold always.
    assert figure.value < 1
