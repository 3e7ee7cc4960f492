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
from sklearn.model_selection import StratifiedKFold

from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.registry import fit_member
from churn_training.progress import step
from churn_training.training_data import TrainingData

_STACK_FOLDS = 5


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
        found = self.combination
        return combine(found.rule, self.score_members(matrix), found.weights, found.intercept)


def fit_ensemble(spec: EnsembleSpec, data: TrainingData, seed: int) -> FittedEnsemble:
    """Fit on these rows alone, weights of a stack included."""
    combination = _fit_combination(spec, data, seed)
    return FittedEnsemble(_fit_members(spec, data, seed), combination)


def _fit_members(spec: EnsembleSpec, data: TrainingData, seed: int) -> dict[str, FittedMember]:
    members = {}
    for member in spec.members:
        with step(f"fit {member.name}"):
            members[member.name] = fit_member(member, data, seed)
    return members


def _fit_combination(spec: EnsembleSpec, data: TrainingData, seed: int) -> Combination:
    if spec.combine is not CombineRule.STACK:
        return Combination(spec.combine, tuple(member.weight for member in spec.members))
    scores = _out_of_fold_scores(spec, data, seed)
    regression = LogisticRegression(C=1.0).fit(log_odds(scores), data.target)
    return Combination(spec.combine, tuple(map(float, regression.coef_[0])), float(regression.intercept_[0]))


def _out_of_fold_scores(spec: EnsembleSpec, data: TrainingData, seed: int) -> Scores:
    scores = np.empty((len(data.target), len(spec.members)))
    folds = StratifiedKFold(_STACK_FOLDS, shuffle=True, random_state=seed).split(data.matrix, data.target)
    for number, (fitted, left_out) in enumerate(folds, 1):
        with step(f"stack, fold {number} of {_STACK_FOLDS}"):
            members = [fit_member(member, data.rows(fitted), seed) for member in spec.members]
            scores[left_out] = np.column_stack([member.score(data.matrix[left_out]) for member in members])
    return scores
