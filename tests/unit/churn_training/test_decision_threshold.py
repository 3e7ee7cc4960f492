"""The threshold of decisions: what the rule says, against every threshold that the scores allow."""

import numpy as np
import pytest
from churn_models.ensemble_spec import EnsembleSpec, Maximise, Threshold
from churn_models.errors import SpecError
from churn_training.decision_threshold import decision_threshold
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

SCORES = np.array([0.1, 0.2, 0.4, 0.6, 0.8])
TARGET = np.array([0, 0, 1, 0, 1])


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        pytest.param(Threshold(at=0.35), 0.35, id="fixed"),
        pytest.param(Threshold(maximise=Maximise.F1), 0.3, id="both churners and one more"),
        pytest.param(Threshold(maximise=Maximise.PROFIT, value=100, cost=10), 0.3, id="cheap: the same"),
        pytest.param(Threshold(maximise=Maximise.PROFIT, value=100, cost=60), 0.7, id="dear: the surest alone"),
    ],
)
def test_chosen(threshold: Threshold, expected: float) -> None:
    assert decision_threshold(threshold, TARGET, SCORES) == pytest.approx(expected)


def test_nobody_is_chosen_where_everybody_costs_more_than_they_bring() -> None:
    dear = Threshold(maximise=Maximise.PROFIT, value=100, cost=99)
    for highest in (0.8, 1.0):
        found = decision_threshold(dear, np.array([1, 0, 0, 0]), np.array([0.1, 0.2, 0.4, highest]))
        assert 0.4 < found < 1


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])), min_size=2, max_size=30))
def test_no_other_threshold_is_better(rows: list[tuple[bool, float]]) -> None:
    target = np.array([*(churned for churned, _ in rows), True], dtype=np.int64)
    scores = np.array([*(score for _, score in rows), 0.5])
    f1 = decision_threshold(Threshold(maximise=Maximise.F1), target, scores)
    profit = decision_threshold(Threshold(maximise=Maximise.PROFIT, value=5, cost=2), target, scores)
    for other in np.linspace(0.01, 0.99, 40):
        assert _f1(target, scores >= f1) >= _f1(target, scores >= other) - 1e-12
        assert _profit(target, scores >= profit) >= _profit(target, scores >= other) - 1e-12


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({"maximise": "auc"}, "f1", id="another word"),
        pytest.param({"maximise": "profit"}, "profit needs value: and cost:", id="no costs"),
        pytest.param({"maximise": "profit", "value": 1, "cost": 2}, "the cost above 0 and below the value", id="loss"),
        pytest.param({"maximise": "f1", "cost": 2}, "for maximise: profit alone", id="costs that nobody reads"),
        pytest.param({"maximise": "f1", "at": 0.2}, "either a number, or maximise", id="both"),
        pytest.param(1.5, "less than 1", id="no probability"),
    ],
)
def test_refused(written: object, message: str) -> None:
    member = {"name": "a", "kind": "random-forest"}
    spec = EnsembleSpec.model_validate({"name": "a", "combine": "mean", "members": [member]})
    with pytest.raises((SpecError, ValueError), match=message):
        EnsembleSpec.model_validate(spec.model_dump() | {"threshold": written})


def test_a_number_alone_is_a_fixed_one_also_under_another_name() -> None:
    member = {"name": "a", "kind": "random-forest"}
    spec = EnsembleSpec.model_validate({"name": "a", "combine": "mean", "members": [member], "threshold": 0.3})
    assert spec.renamed("b").threshold == Threshold(at=0.3)


def _f1(target: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
    return float(2 * (chosen & (target == 1)).sum() / (chosen.sum() + target.sum()))


def _profit(target: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
    return float(5 * (chosen & (target == 1)).sum() - 2 * chosen.sum())
