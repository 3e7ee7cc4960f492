"""What a trial is worth: the mean AUC over the folds, given up early where the folds so far promise little."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from churn_models.ensemble_spec import EnsembleSpec
from optuna import Trial, TrialPruned

from churn_training.search.fold_scores import FoldScores
from churn_training.search.joined_scores import fold_aucs
from churn_training.search.space import Space
from churn_training.search.suggest import suggest


class Report(Protocol):
    """Told the mean so far after each fold; raises what ends the trial early."""

    def __call__(self, mean: float, fold: int, /) -> None:
        """See the class."""


@dataclass(frozen=True)
class Objective:
    """Called by Optuna."""

    space: Space
    scores: FoldScores

    def __call__(self, trial: Trial) -> float:
        """Raises TrialPruned, and SpecError where a library does not take the parameters."""

        def report(mean: float, fold: int) -> None:
            trial.report(mean, fold)
            if trial.should_prune():
                raise TrialPruned

        return self.value(self.space.ensemble(suggest(trial, self.space)), report)

    def value(self, spec: EnsembleSpec, report: Report = lambda _mean, _fold: None) -> float:
        """The mean AUC of this ensemble over the folds."""
        rows = self.scores.rows
        members = []
        mean = 0.0
        for fold in range(len(rows.folds)):
            members.append(self.scores.members(spec.members, fold))
            mean = float(np.mean(fold_aucs(spec, members, rows.target, rows.goes_forward)))
            report(mean, fold)
        return mean
