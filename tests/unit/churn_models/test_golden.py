"""Golden rows: what counts as equal, and that the worst row is named."""

import numpy as np
import pytest
from churn_models.errors import GoldenMismatch
from churn_models.golden import GoldenRow, check_golden

ROWS = (
    GoldenRow(row={"tenure": 1.0}, score=0.25, members={"a": 0.2}),
    GoldenRow(row={"tenure": 2.0}, score=0.75, members={"a": 0.7}),
)


def test_scores_within_the_tolerance_are_equal() -> None:
    assert check_golden(ROWS, np.array([0.25, 0.75 + 9e-7]), {"a": np.array([0.2, 0.7])}) == pytest.approx(9e-7)


@pytest.mark.parametrize(
    ("score", "member", "message"),
    [
        pytest.param([0.25, 0.750002], [0.2, 0.7], "golden row 1: ensemble differs by 2e-06", id="the ensemble is off"),
        pytest.param([0.25, 0.75], [0.3, 0.7], "golden row 0: a differs by 0.1 from its score", id="a member is off"),
        pytest.param([np.nan, 0.75], [0.2, 0.7], "golden row 0", id="not a number"),
    ],
)
def test_the_worst_row_is_named(score: list[float], member: list[float], message: str) -> None:
    with pytest.raises(GoldenMismatch, match=message):
        check_golden(ROWS, np.array(score), {"a": np.array(member)})
