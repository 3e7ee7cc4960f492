"""Forward selection with replacement takes what helps, as often as it helps."""

import numpy as np
import pytest
from churn_training.search.greedy_selection import fold_mean, greedy_selection
from numpy.typing import NDArray

TRUTH = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
ERROR = np.array([0.1, -0.2, 0.1, 0.2, -0.1, -0.1])


def _near(scores: NDArray[np.float64]) -> float:
    return -float(np.abs(scores - TRUTH).sum())


@pytest.mark.parametrize(
    ("members", "most", "taken"),
    [
        pytest.param([TRUTH, TRUTH + ERROR], 2, [1, 0], id="one is perfect"),
        pytest.param([TRUTH + ERROR, TRUTH - ERROR], 2, [1, 1], id="errors that cancel"),
        pytest.param([TRUTH + 2 * ERROR, TRUTH - ERROR], 2, [1, 2], id="the better one twice"),
        pytest.param([TRUTH + ERROR, TRUTH - ERROR], 1, [1, 0], id="no more members than may be"),
        pytest.param([TRUTH, TRUTH], 2, [1, 0], id="the same twice"),
    ],
)
def test_members_are_taken_as_often_as_they_help(
    members: list[NDArray[np.float64]], most: int, taken: list[int]
) -> None:
    assert greedy_selection(np.column_stack(members), _near, most).tolist() == taken


def test_the_mean_over_folds_judges_each_fold_by_itself() -> None:
    def value(scores: NDArray[np.float64], target: NDArray[np.int64]) -> float:
        return float(scores.sum() + 10 * target.sum())

    mean = fold_mean(value, [np.array([0, 1]), np.array([1])])
    assert mean(np.array([1.0, 2.0, 5.0])) == (13 + 15) / 2
