"""What a person sees of a search: a line per trial with the best so far and when it will be over."""

from collections.abc import Callable
from dataclasses import dataclass, field

from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from churn_training.search.search_time import SearchTime

DONE = (TrialState.COMPLETE, TrialState.PRUNED)
"""A trial that counts; what failed or was killed is tried again, or in vain."""


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many trials of the study, by all workers, or after so many seconds."""

    trials: int | None
    seconds: float | None


@dataclass
class TrialLines:
    """Called by Optuna after each trial."""

    trials: int | None
    """Of the study, by all workers."""
    before: int
    """How many trials were done when this run began."""
    say: Callable[[str], None]
    time: SearchTime
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        """What came before the trials says nothing of how long they take."""
        self._started = self.time.passed

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Say it."""
        done = done_trials(study)
        of = f" of {self.trials}" if self.trials else ""
        self.say(f"  {done}{of} trials; trial {trial.number}: {_outcome(trial)}; best {_best(study)}{self._left(done)}")

    def _left(self, done: int) -> str:
        passed = self.time.passed - self._started
        left = [] if self.time.seconds is None else [self.time.left]
        if self.trials is not None and done > self.before:
            left.append((self.trials - done) * passed / (done - self.before))
        return f"; {duration(max(0.0, min(left)))} left" if left else ""


def done_trials(study: Study) -> int:
    """How many trials count."""
    return len(study.get_trials(deepcopy=False, states=DONE))


def best_trial(study: Study) -> FrozenTrial | None:
    """None while no trial is complete."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: trial.value or 0.0, default=None)


def duration(seconds: float) -> str:
    """In words: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _outcome(trial: FrozenTrial) -> str:
    match trial.state:
        case TrialState.COMPLETE:
            return f"{trial.value:.4f}"
        case TrialState.PRUNED:
            return f"given up after {len(trial.intermediate_values)} folds"
        case _:
            return "failed"


def _best(study: Study) -> str:
    best = best_trial(study)
    return f"{best.value:.4f} (trial {best.number})" if best else "none yet"
