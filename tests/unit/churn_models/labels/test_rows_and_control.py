"""Which rows judge, and what they weigh beside campaigns."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_models.labels.control import control_of
from churn_models.labels.judged_rows import JudgedRow, JudgedRows, Treatment
from numpy.typing import NDArray

_DAY = 86_400.0


def _row(customer: str, day: float) -> JudgedRow:
    return JudgedRow(customer, day * _DAY, False, 0.5, None, Treatment.UNTOLD)


def test_a_customer_who_is_scored_every_day_has_one_outcome_in_a_horizon() -> None:
    rows = [_row("daily", day) for day in range(130)] + [_row("once", 7)]
    kept = JudgedRows.of(rows, 60 * _DAY)
    assert (kept.made / _DAY).tolist() == [0, 60, 120, 7]


def test_the_order_in_which_labels_became_known_stays() -> None:
    rows = [_row("late", 9), _row("early", 2), _row("late", 1)]
    assert (JudgedRows.of(rows, 60 * _DAY).made / _DAY).tolist() == [2, 1]


class _Campaign(NamedTuple):
    treated_from: float
    """The score from which customers are picked."""
    control: float
    """Share of all customers who are left alone, whatever their score."""
    others: Treatment
    """How those are marked whom nobody picked."""


def _treatment(score: NDArray[np.float64], case: _Campaign) -> NDArray[np.int8]:
    left = np.random.default_rng(5).random(len(score)) < case.control
    marks = np.where(score >= case.treated_from, Treatment.TREATED, case.others)
    return np.where(left, Treatment.LEFT_ALONE, marks).astype(np.int8)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(_Campaign(0.9, 0.05, Treatment.UNTOLD), id="only the control is marked as left alone"),
        pytest.param(_Campaign(0.9, 0.05, Treatment.LEFT_ALONE), id="everybody who was not treated is"),
        pytest.param(_Campaign(0.0, 0.5, Treatment.UNTOLD), id="half of all are treated, whatever their score"),
    ],
)
def test_the_control_stands_for_all_whom_campaigns_pick(case: _Campaign) -> None:
    score = np.random.default_rng(4).random(20_000)
    found = control_of(score, _treatment(score, case))
    assert found.weights is not None
    assert found.share == pytest.approx(case.control, abs=0.02)
    assert found.weights.sum() == pytest.approx(len(score))
    picked = score >= case.treated_from
    assert found.weights[picked].sum() == pytest.approx(picked.sum(), rel=0.01)
    assert (found.weights[~picked] == 1).all()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(_Campaign(0.9, 0.0, Treatment.UNTOLD), id="nobody is left alone"),
        pytest.param(_Campaign(0.9, 0.0, Treatment.LEFT_ALONE), id="only customers of lower scores are"),
        pytest.param(_Campaign(0.99, 0.05, Treatment.UNTOLD), id="too few are"),
    ],
)
def test_without_a_control_nobody_knows(case: _Campaign) -> None:
    score = np.random.default_rng(4).random(20_000)
    found = control_of(score, _treatment(score, case))
    assert found.weights is None
    assert found.treated > 0


def test_without_campaigns_everybody_counts_once() -> None:
    found = control_of(np.linspace(0, 1, 100), np.full(100, Treatment.UNTOLD, dtype=np.int8))
    assert found.weights is not None
    assert (found.weights == 1).all()
    assert found.share is None
