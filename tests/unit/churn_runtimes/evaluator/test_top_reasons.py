"""The largest contributions by absolute value, ties by the features' order."""

import numpy as np
import pytest
from churn_runtimes.evaluator.top_reasons import top_reasons

NAMES = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("row", "count", "names", "values"),
    [
        pytest.param([0.1, -0.3, 0.2, 9.0], 2, ["b", "c"], [-0.3, 0.2], id="by size whatever the sign"),
        pytest.param([0.2, -0.2, 0.2, 9.0], 3, ["a", "b", "c"], [0.2, -0.2, 0.2], id="equal ones in order"),
        pytest.param([0.0, 0.0, -0.0, 9.0], 2, ["a", "b"], [0.0, 0.0], id="nothing has moved"),
        pytest.param([0.1, 0.2, 0.3, 9.0], 1, ["c"], [0.3], id="the base value is none"),
    ],
)
def test_one_row(row: list[float], count: int, names: list[str], values: list[float]) -> None:
    found = top_reasons(np.array([row]), NAMES, count)
    assert (found.features.tolist(), found.values.tolist()) == ([names], [values])


def test_every_row_has_its_own() -> None:
    found = top_reasons(np.array([[1.0, 2.0, 0.0, 0.5], [0.0, 2.0, -3.0, 0.5]]), NAMES, 2)
    assert found.features.tolist() == [["b", "a"], ["c", "b"]]
    assert found.values.tolist() == [[2.0, 1.0], [-3.0, 2.0]]


def test_no_rows() -> None:
    assert top_reasons(np.zeros((0, 4)), NAMES, 2).features.shape == (0, 2)
