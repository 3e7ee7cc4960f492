"""What was tried: the trials in their order, the best of them, and which settings mattered."""

from collections.abc import Sequence

import numpy as np
import optuna
from matplotlib.axes import Axes
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from churn_training.report.draw import FIRST, MUTED, draw
from churn_training.report.page import Block, Figure, Notes, Section, Table
from churn_training.report.words import count, number, percent
from churn_training.search.page.facts import SearchFacts

_SHOWN_TRIALS, _SHOWN_SETTINGS = 10, 15
_FEWEST = 10
"""Finished trials, below which importance is noise."""


def trials_section(facts: SearchFacts) -> Section:
    """Every trial's AUC, and the best so far."""
    states = [trial.state for trial in facts.trials]
    lead = (
        f"{count(len(states))} trials on {count(facts.rows.searched)} customers: "
        f"{states.count(TrialState.COMPLETE)} finished, {states.count(TrialState.PRUNED)} given up early, "
        f"{states.count(TrialState.FAIL)} failed. Their AUC is of rows that the fit had not seen, but the best of many "
        "is best by luck too: it is no promise"
    )
    lead += ", which is why candidates were proved on customers left out." if facts.choice.folds.proves else "."
    return Section("trials", "What was tried", lead, (_course(facts.trials), _best(facts.trials)))


def settings_section(facts: SearchFacts) -> Section:
    """How much of what the best trials have in common lies in each setting."""
    lead = (
        "How far the settings of the best tenth of the trials differ from those of all (PED-ANOVA, Watanabe and "
        "others, 2023). A setting of no importance can be left as it is."
    )
    return Section("settings", "Which settings mattered", lead, (_importances(facts.trials),))


def _finished(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state is TrialState.COMPLETE]


def _course(trials: Sequence[FrozenTrial]) -> Figure:
    finished = _finished(trials)
    numbers = np.array([trial.number for trial in finished])
    values = np.array([trial.value for trial in finished], dtype=np.float64)
    best = np.maximum.accumulate(values)

    def fill(axes: Axes) -> None:
        axes.plot(numbers, values, ".", color=MUTED)
        axes.step(numbers, best, where="post", color=FIRST)
        axes.set(xlabel="trial", ylabel="AUC")

    caption = "AUC of the trials that were finished (dots), and the best so far (line)."
    return draw("trials", caption, f"AUC of {len(finished)} trials; the best is {best[-1]:.4f}", fill)


def _best(trials: Sequence[FrozenTrial]) -> Table:
    best = sorted(_finished(trials), key=lambda trial: -(trial.value or 0.0))[:_SHOWN_TRIALS]
    rows = tuple((f"{trial.number}", number(trial.value or 0.0), _settings(trial)) for trial in best)
    return Table("The best trials", ("trial", "AUC", "settings"), rows)


def _settings(trial: FrozenTrial) -> str:
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in trial.params.items()
    )


def _importances(trials: Sequence[FrozenTrial]) -> Block:
    finished = _finished(trials)
    if len(finished) < _FEWEST or len({trial.value for trial in finished}) == 1:
        return Notes((f"{len(finished)} finished trials are too few, or too alike, to tell.",))
    study = optuna.create_study(direction="maximize")
    study.add_trials(finished)
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    rows = tuple((name, percent(share)) for name, share in list(found.items())[:_SHOWN_SETTINGS])
    return Table("Importance of settings", ("setting", "share"), rows)
