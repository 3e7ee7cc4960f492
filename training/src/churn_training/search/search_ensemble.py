"""`python -m churn_training search`, read top to bottom: the rows, the study, the trials, what was found."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import optuna
import pandas as pd
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from optuna.trial import TrialState

from churn_training.errors import SearchImpossible
from churn_training.learners.registry import check_members
from churn_training.progress import say, step
from churn_training.search.fold_scores import FoldScores
from churn_training.search.objective import Objective
from churn_training.search.run_trials import Sampling, lines_of, run_trials
from churn_training.search.search_rows import search_rows
from churn_training.search.space import Space, space_of
from churn_training.search.study_storage import file_url, opened_study
from churn_training.search.trial_lines import Budget, done_trials
from churn_training.search.write_found import check_output, write_found
from churn_training.split import split
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from churn_training.write_bundle import library_versions

WORK = "search"
"""The folder inside the output with what a search needs to go on."""
SEED = 0
"""Of the folds and of every fit: a trial is worth the same to whoever tries it."""


@dataclass(frozen=True)
class Asked:
    """The command line."""

    ensemble: Path
    output: Path
    budget: Budget
    sampling: Sampling
    storage: str | None = None
    is_worker: bool = False
    """Only tries; somebody else chooses."""


def search(asked: Asked, spec: EnsembleSpec, schema: FeatureSchema, raw: pd.DataFrame) -> EnsembleSpec | None:
    """Write what was found to the output, and give it back; nothing for a worker.

    Raises DataInvalid, SpecError, SearchImpossible, StudyUnavailable.
    """
    check_output(asked.ensemble, asked.output)
    check_members(spec)
    space = space_of(spec)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with step(f"validate {len(raw)} rows"):
        data = TrainingData.from_table(schema, validate(schema, raw))
    parts = split(data, spec.holdout)
    rows = search_rows(data.rows(parts.train), SEED)
    say(f"  {len(rows.data.target)} rows to search on; the {len(parts.holdout)} that judge are not looked at")
    objective = Objective(space, FoldScores(rows, asked.output / WORK / "scores"))
    address = asked.storage or file_url(asked.output / WORK / "study.db")
    with opened_study(address, study_name(space, rows.digest)) as study:
        _say_study(study)
        lines = lines_of(study, asked.budget, say)
        run_trials(study, objective, space.as_written(), asked.sampling, asked.budget, [lines])
        if asked.is_worker:
            return None
        best = _best(study)
    found = space.ensemble(best.params)
    write_found(found, asked.ensemble, asked.output, f"trial {best.number} with an AUC of {best.value:.4f}")
    return found


def study_name(space: Space, rows: str) -> str:
    """The same for what can be compared: ensemble, space, rows and the libraries that score."""
    what = space.written.model_dump_json(include={"combine", "members", "search"})
    parts = [rows, what, repr(sorted(space.dimensions.items())), repr(library_versions(space.written))]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{space.written.name}-{digest[:12]}"


def _say_study(study: optuna.Study) -> None:
    done = done_trials(study)
    say(f"  study {study.study_name}{f' goes on after {done} trials' if done else ''}")


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial:
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise SearchImpossible("no trial was finished: give it more --trials or --hours")
    return study.best_trial
