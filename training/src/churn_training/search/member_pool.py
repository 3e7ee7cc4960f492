"""The members of the best trials, of which other ensembles are put together without another search."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from churn_models.combine import CombineRule, Scores
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from optuna.trial import FrozenTrial, TrialState

from churn_training.metrics import METRICS, Metric
from churn_training.search.fold_scores import FoldScores
from churn_training.search.greedy_selection import fold_mean, greedy_selection
from churn_training.search.search_time import OutOfTime, SearchTime
from churn_training.search.space import Space, with_members
from churn_training.training_data import Target

_TRIALS = 10
"""Of so many trials, the best ones, the members are the pool."""
MOST_MEMBERS = 6
"""Of what a greedy selection puts together."""


def best_first(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Those that were finished."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda trial: -(trial.value or 0.0))


@dataclass(frozen=True)
class MemberPool:
    """Members that differ, their scores `[rows, members]` one fold after another, and the AUC of each.

    `targets` are of the folds.
    """

    written: EnsembleSpec
    members: tuple[MemberSpec, ...]
    scores: Scores
    aucs: tuple[float, ...]
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, space: Space, best: Sequence[FrozenTrial], scores: FoldScores) -> "MemberPool":
        """Of finished trials, the best first.

        What another machine has tried is fitted anew, the first one at any rate, others while there is time.
        """
        different: dict[str, MemberSpec] = {}
        for trial in best[:_TRIALS]:
            for member in space.ensemble(trial.params).members:
                alike = member.model_copy(update={"weight": 1.0})
                different.setdefault(alike.model_dump_json(), alike)
        folds = range(len(scores.rows.folds))
        targets = tuple(scores.rows.target(fold) for fold in folds)
        members: list[MemberSpec] = []
        columns: list[Scores] = []
        for member in different.values():
            timed = scores if members else replace(scores, time=SearchTime())
            with suppress(OutOfTime):
                columns.append(np.concatenate([timed.member(member, fold) for fold in folds]))
                members.append(member)
        value = fold_mean(_auc, targets)
        aucs = tuple(value(column) for column in columns)
        return cls(space.written, tuple(members), np.column_stack(columns), aucs, targets)

    def greedy(self) -> EnsembleSpec:
        """What a greedy selection puts together."""
        taken = greedy_selection(self.scores, fold_mean(_auc, self.targets), MOST_MEMBERS)
        chosen = [place for place in np.flatnonzero(taken) if taken[place]]
        names = _names([self.members[place].name for place in chosen])
        weighs = len(set(taken[chosen])) > 1
        members = tuple(
            self.members[place].model_copy(update={"name": name} | ({"weight": float(taken[place])} if weighs else {}))
            for place, name in zip(chosen, names, strict=True)
        )
        return with_members(self.written, CombineRule.WEIGHTED if weighs else CombineRule.MEAN, members)

    def alone(self, name: str) -> EnsembleSpec | None:
        """The best member of this name; none where no trial of the pool has taken one."""
        places = [place for place, member in enumerate(self.members) if member.name == name]
        if not places:
            return None
        best = self.members[max(places, key=lambda place: self.aucs[place])]
        return with_members(self.written, CombineRule.MEAN, (best,))


def _names(names: Sequence[str]) -> list[str]:
    """`xgboost`, `xgboost-2`: members of one ensemble differ in name."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in found or (number > 1 and free in names):
            number += 1
            free = f"{name[:59]}-{number}"
        found.append(free)
    return found


def _auc(scores: Scores, target: Target) -> float:
    return METRICS[Metric.AUC](target, scores)
