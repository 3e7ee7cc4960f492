"""From the members' contributions to the ensemble's: pure functions.

A member's contributions are rescaled, all by one factor for each row, so that they sum to what the member adds to the
ensemble's sum: the difference of its score to its base score, for a stack that of their log-odds. Then they are joined
by weight. So the base value and a row's contributions sum to the answered score (for a stack, to its log-odds). What
this cannot say: the factor treats all features of a member alike, so near 0 and 1, where the link is bent, it is the
mean slope between base and score, not a Shapley value of the probability itself. A vote is a step, which no factor
turns into a sum; it has no contributions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from churn_models.combine import CombineRule, Scores, log_odds

from churn_runtimes.evaluator.compiled import Join
from churn_runtimes.evaluator.explain_member import NotExplained
from churn_runtimes.evaluator.node_table import combine_weights

_LEAST_SUM = 1e-12


@dataclass(frozen=True)
class Part:
    """One member: its contributions `[rows, features + 1]`, its base score and its scores `[rows]`."""

    contributions: Scores
    base_score: float
    scores: Scores


def join_contributions(join: Join, parts: Sequence[Part]) -> Scores:
    """`[rows, features + 1]`, the base value last. Raises NotExplained for a vote."""
    if join.rule is CombineRule.VOTE:
        raise NotExplained(
            "an ensemble that votes has no contributions, because a vote is a step and no sum; "
            "ask for contributions.NAME of a member"
        )
    weights = combine_weights(join.rule, join.weights)
    intercept = join.intercept if join.rule is CombineRule.STACK else 0.0
    joined = np.zeros_like(parts[0].contributions)
    joined[:, -1] = intercept
    for weight, part in zip(weights, parts, strict=True):
        joined += weight * _rescaled(join.rule, part)
    return joined


def _rescaled(rule: CombineRule, part: Part) -> Scores:
    moved = part.contributions[:, :-1]
    base, added = _added(rule, np.array([part.base_score]))[0], _added(rule, part.scores)
    sums = moved.sum(axis=1)
    has_sum = np.abs(sums) > _LEAST_SUM
    factor = np.where(has_sum, (added - base) / np.where(has_sum, sums, 1.0), 0.0)
    return np.column_stack([moved * factor[:, np.newaxis], np.full(len(moved), base)])


def _added(rule: CombineRule, scores: Scores) -> Scores:
    return log_odds(scores) if rule is CombineRule.STACK else scores
