"""Third step: fit every member and find how they combine.

Used by `train` on the training rows and by `cross_validate` on each fold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from churn_models.combine import CombineRule, Scores, combine, log_odds
from churn_models.encoding import Matrix
from churn_models.ensemble_spec import EnsembleSpec
from sklearn.linear_model import LogisticRegression

from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.registry import fit_member
from churn_training.out_of_fold import OutOfFold, score_out_of_fold
from churn_training.progress import step
from churn_training.training_data import TrainingData


@dataclass(frozen=True)
class Combination:
    """The rule with its numbers: a weight per member, and for `stack` an intercept."""

    rule: CombineRule
    weights: tuple[float, ...]
    intercept: float = 0.0


@dataclass(frozen=True)
class FittedEnsemble:
    """Fitted members by name, in the order of the weights."""

    members: Mapping[str, FittedMember]
    combination: Combination

    def score_members(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows, members]`."""
        return np.column_stack([member.score(matrix) for member in self.members.values()])

    def score(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows]`."""
        return self.join(self.score_members(matrix))

    def join(self, members: Scores) -> Scores:
        """P(churn) `[rows]` from the members' `[rows, members]`."""
        found = self.combination
        return combine(found.rule, members, found.weights, found.intercept)


def fit_ensemble(
    spec: EnsembleSpec, data: TrainingData, seed: int, left_out: OutOfFold | None = None
) -> FittedEnsemble:
    """Fit on these rows alone, weights of a stack included; `left_out` are their out-of-fold scores where known."""
    if spec.combine is not CombineRule.STACK:
        combination = Combination(spec.combine, tuple(member.weight for member in spec.members))
    else:
        combination = fit_stack(left_out or score_out_of_fold(spec, data, seed))
    return FittedEnsemble(_fit_members(spec, data, seed), combination)


def _fit_members(spec: EnsembleSpec, data: TrainingData, seed: int) -> dict[str, FittedMember]:
    members = {}
    for member in spec.members:
        with step(f"fit {member.name}"):
            members[member.name] = fit_member(member, data, seed)
    return members


def fit_stack(left_out: OutOfFold) -> Combination:
    """Coefficients for the members' log-odds; the members may not have seen these rows."""
    regression = LogisticRegression(C=1.0).fit(log_odds(left_out.members), left_out.target)
    return Combination(CombineRule.STACK, tuple(map(float, regression.coef_[0])), float(regression.intercept_[0]))
