"""How an ensemble's members join on folds: as `train` does, a stack by weights from other folds alone."""

from collections.abc import Callable, Sequence

import numpy as np
from churn_models.combine import CombineRule, Scores, combine
from churn_models.ensemble_spec import EnsembleSpec

from churn_training.fit_ensemble import fit_stack
from churn_training.metrics import METRICS, Metric
from churn_training.out_of_fold import OutOfFold
from churn_training.training_data import Target


def fold_aucs(
    spec: EnsembleSpec, members: Sequence[Scores], target: Callable[[int], Target], goes_forward: bool
) -> list[float]:
    """Of each fold whose members' scores `[rows, members]` are there."""
    joined = joined_scores(spec, members, target, goes_forward)
    return [METRICS[Metric.AUC](target(fold), scores) for fold, scores in enumerate(joined)]


def joined_scores(
    spec: EnsembleSpec, members: Sequence[Scores], target: Callable[[int], Target], goes_forward: bool
) -> list[Scores]:
    """The ensemble's `[rows]` of each fold."""
    return [_joined(spec, members, target, fold, goes_forward) for fold in range(len(members))]


def _joined(
    spec: EnsembleSpec, members: Sequence[Scores], target: Callable[[int], Target], fold: int, goes_forward: bool
) -> Scores:
    if spec.combine is not CombineRule.STACK:
        return combine(spec.combine, members[fold], [member.weight for member in spec.members])
    others = [other for other in range(fold if goes_forward else len(members)) if other != fold]
    if not others:
        return combine(CombineRule.MEAN, members[fold], ())
    known = OutOfFold(
        np.concatenate([members[other] for other in others]), np.concatenate([target(other) for other in others])
    )
    found = fit_stack(known)
    return combine(found.rule, members[fold], found.weights, found.intercept)
