"""The permutation test of columns: what scores say already does not pass, and of many columns of chance none does."""

import numpy as np
import pytest
from churn_training.search.features.permutation_test import permutation_test
from numpy.typing import NDArray
from support.figures import record

ROWS, CHANCE, DATA_SETS = 600, 30, 50


def _classes(generator: np.random.Generator, odds: NDArray[np.float64]) -> NDArray[np.int64]:
    return (generator.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(np.int64)


@pytest.mark.parametrize(
    ("effect", "sign"), [pytest.param(1.0, 1, id="more churn"), pytest.param(-1.0, -1, id="less churn")]
)
def test_what_the_scores_do_not_know_passes(effect: float, sign: int) -> None:
    generator = np.random.default_rng(0)
    known, unknown = generator.normal(size=(2, ROWS))
    chance = generator.normal(size=(ROWS, CHANCE))
    columns = np.column_stack([known + 0.1 * chance[:, 0], unknown, chance])
    tested = permutation_test(columns, _classes(generator, known + effect * unknown), known, seed=0)
    assert int(np.argmax(np.abs(tested.effects))) == 1
    assert tested.p_values[1] < 0.01
    assert np.sign(tested.effects[1]) == sign
    # The scores are known; so is what comes with them.
    assert tested.p_values[0] > 0.05


def test_gaps_and_constants_say_nothing() -> None:
    generator = np.random.default_rng(0)
    known, unknown = generator.normal(size=(2, ROWS))
    gaps = np.where(generator.random(ROWS) < 0.3, np.nan, unknown)
    columns = np.column_stack([gaps, np.ones(ROWS), np.full(ROWS, np.nan)])
    tested = permutation_test(columns, _classes(generator, known + unknown), known, seed=0)
    assert tested.p_values[0] < 0.01
    assert tested.effects[1:].tolist() == [0.0, 0.0]
    assert tested.p_values[1:].tolist() == [1.0, 1.0]


def test_of_many_columns_of_chance_seldom_one_passes() -> None:
    generator = np.random.default_rng(0)
    passed = 0
    for seed in range(DATA_SETS):
        known, columns = generator.normal(size=ROWS), generator.normal(size=(ROWS, CHANCE))
        tested = permutation_test(columns, _classes(generator, known), known, seed)
        passed += bool(tested.p_values.min() < 0.05)
    # The test holds 5 %; of 50 data sets 6 is what chance exceeds in 1 of 27.
    figure = record("false_features", passed / DATA_SETS, "share of data sets without signal", "<= 0.1")
    assert figure.holds, figure
