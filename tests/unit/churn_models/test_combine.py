"""Every combine rule against figures worked out by hand, and what all rules share."""

import numpy as np
import pytest
from churn_models.combine import CombineRule, combine, log_odds
from hypothesis import given
from hypothesis import strategies as st

MEMBERS = np.array([[0.2, 0.6, 0.9], [0.4, 0.5, 0.1]])


@pytest.mark.parametrize(
    ("rule", "weights", "intercept", "expected"),
    [
        pytest.param(CombineRule.MEAN, [1, 1, 1], 0.0, [1.7 / 3, 1.0 / 3], id="mean"),
        pytest.param(CombineRule.MEAN, [9, 1, 1], 0.0, [1.7 / 3, 1.0 / 3], id="mean ignores weights"),
        pytest.param(CombineRule.WEIGHTED, [2, 1, 1], 0.0, [0.475, 0.35], id="weighted"),
        pytest.param(CombineRule.VOTE, [1, 1, 1], 0.0, [2 / 3, 1 / 3], id="vote; a half counts as churn"),
        pytest.param(CombineRule.VOTE, [1, 1, 2], 0.0, [0.75, 0.25], id="vote by weight"),
        pytest.param(CombineRule.STACK, [0, 1, 0], 0.0, [0.6, 0.5], id="stack of one member is that member"),
        pytest.param(CombineRule.STACK, [0, 0, 0], np.log(3), [0.75, 0.75], id="stack's intercept alone"),
    ],
)
def test_rules(rule: CombineRule, weights: list[float], intercept: float, expected: list[float]) -> None:
    np.testing.assert_allclose(combine(rule, MEMBERS, weights, intercept), expected, atol=1e-12)


@pytest.mark.parametrize("rule", CombineRule)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20))
def test_every_rule_gives_the_same_probability_alone_and_in_a_batch(
    rule: CombineRule, rows: list[tuple[float, float, float]]
) -> None:
    members = np.asarray(rows)
    batch = combine(rule, members, [0.5, 2.0, 1.5], -0.3)
    alone = [combine(rule, members[i : i + 1], [0.5, 2.0, 1.5], -0.3)[0] for i in range(len(members))]
    assert batch.tolist() == alone
    assert ((batch >= 0) & (batch <= 1)).all()


def test_log_odds_stay_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
