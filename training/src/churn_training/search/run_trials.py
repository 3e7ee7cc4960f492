"""Trials until the budget is spent, beside other workers on the same study."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import optuna
from churn_models.errors import SpecError
from optuna.trial import FrozenTrial, TrialState

from churn_training.errors import SearchImpossible
from churn_training.search.sampler import sampler_of
from churn_training.search.sampler_name import SamplerName
from churn_training.search.search_time import OutOfTime
from churn_training.search.trial_lines import Budget, done_trials

_MOST_FAULTS = 5
"""In a row: what fails so often is no matter of chance."""

Value = Callable[[optuna.Trial], float]
After = Callable[[optuna.Study, FrozenTrial], None]


@dataclass(frozen=True)
class Sampling:
    """How the next trial is chosen; `seed` is none for a worker beside others, who must not all try the same."""

    name: SamplerName
    seed: int | None


@dataclass
class _Faults:
    """Keeps what libraries refused, and ends the search where they refuse everything."""

    value: Value
    found: list[SpecError] = field(default_factory=list)

    def __call__(self, trial: optuna.Trial) -> float:
        try:
            value = self.value(trial)
        except optuna.TrialPruned:
            self.found.clear()
            raise
        except SpecError as error:
            self.found.append(error)
            raise
        self.found.clear()
        return value

    def check(self, study: optuna.Study, trial: FrozenTrial) -> None:
        if trial.state is TrialState.FAIL and len(self.found) >= _MOST_FAULTS:
            study.stop()


@dataclass
class _Late:
    """Keeps which trial it was for which the time was too short."""

    value: Value
    trial: int | None = None

    def __call__(self, trial: optuna.Trial) -> float:
        try:
            return self.value(trial)
        except OutOfTime:
            self.trial = trial.number
            raise


def run_trials(
    study: optuna.Study,
    value: Value,
    first: Sequence[dict[str, Any]],
    sampling: Sampling,
    budget: Budget,
    after: list[After],
) -> None:
    """Try until the study has `budget.trials` that count; `first` are the values of a new study's first trials.

    A trial for which there is no time any more comes first when the study goes on.

    Raises SearchImpossible where the libraries take nothing of the space.
    """
    study.sampler = sampler_of(sampling.name, _seed(study, sampling.seed))
    if not study.get_trials(deepcopy=False):
        for values in first:
            study.enqueue_trial(values, skip_if_exists=True)

    def end(study: optuna.Study, trial: FrozenTrial) -> None:
        if late.trial == trial.number:
            study.enqueue_trial(trial.params)
        if late.trial is not None or (budget.trials is not None and done_trials(study) >= budget.trials):
            study.stop()

    if budget.trials is not None and done_trials(study) >= budget.trials:
        return
    late = _Late(value)
    faults = _Faults(late)
    callbacks = [*after, faults.check, end]
    study.optimize(faults, timeout=budget.seconds, catch=(SpecError, OutOfTime), callbacks=callbacks)
    if len(faults.found) >= _MOST_FAULTS:
        raise SearchImpossible(f"{_MOST_FAULTS} trials in a row failed, the last one: {faults.found[-1]}")


def _seed(study: optuna.Study, seed: int | None) -> int | None:
    """Of a study that goes on another one, else it would begin with the same trials again."""
    if seed is None:
        return None
    return int(np.random.SeedSequence([seed, len(study.get_trials(deepcopy=False))]).generate_state(1)[0])
