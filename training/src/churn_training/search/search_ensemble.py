"""`python -m churn_training search`, read top to bottom: the rows, the studies, their trials, what was found."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import optuna
import pandas as pd
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from optuna.trial import FrozenTrial

from churn_training.learners.registry import check_members
from churn_training.progress import say, step
from churn_training.search.conclude import Searched, conclude
from churn_training.search.features.choose_features import ChosenFeatures, choose_features, with_schema
from churn_training.search.first_trials import first_trials
from churn_training.search.fold_scores import FoldScores
from churn_training.search.found_files import keep_found
from churn_training.search.nested_budget import cost_in_words, shares
from churn_training.search.objective import Objective
from churn_training.search.proof_rows import Parts, inner_rows, part, part_nested, part_unproved
from churn_training.search.proved import InnerSearch
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.search_rows import SearchRows
from churn_training.search.search_time import SearchTime
from churn_training.search.space import Space, space_of
from churn_training.search.study_storage import file_url, opened_study
from churn_training.search.trial_lines import Budget, TrialLines, done_trials
from churn_training.search.trial_runs import TrialRuns
from churn_training.search.what_is_left import after_trials
from churn_training.search.write_found import check_output
from churn_training.split import holdout_of, split
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from churn_training.write_bundle import library_versions

WORK = "search"
"""The folder inside the output with what a search needs to go on."""
_FEATURES_SHARE = 0.25
"""Of the time before the trials."""
SEED = 0
"""Of the folds and of every fit: a trial is worth the same to whoever tries it."""


@dataclass(frozen=True)
class Asked:
    """The command line."""

    ensemble: Path
    output: Path
    trials: int | None
    time: SearchTime
    sampling: Sampling
    storage: str | None = None
    is_worker: bool = False
    """Only tries; somebody else chooses."""
    tracking_uri: str | None = None
    """An MLflow that gets a run for each trial."""
    study: str | None = None
    """A name under which what was found is kept in the storage; its trials go on though rows have come since."""
    is_nested: bool = False
    """Search anew inside each fold of the proof, which takes as many searches more."""
    derives: bool = False
    """Propose features that are derived from others."""
    proves: bool = True
    """Keep customers from the trials, on whom candidates are compared."""


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
    judged = split(data, holdout_of(spec, schema))
    fitted = data.rows(judged.train)
    parts = _parted(fitted, judged.rule.holdout, asked)
    _say_rows(parts, len(judged.holdout))
    inside = inner_rows(parts.proof) if asked.is_nested else []
    if inside:
        say(f"  nested: {cost_in_words(Budget(asked.trials, asked.time.seconds), len(inside))}")
    ending = after_trials(space, parts)
    share = shares(len(inside) + 1)
    inner = []
    for rows in inside:
        with asked.time.part(ending, next(share)):
            inner.append(_inside(space, rows, asked))
    with asked.time.part(ending, _FEATURES_SHARE):
        features = _derived(space, parts.search, asked)
    parts = replace(parts, search=with_schema(parts.search, features.schema)) if features else parts
    name = study_name(space, _shared(parts.search, asked), asked.study)
    with asked.time.part(ending):
        tried = _tried(space, parts.search, asked, name)
    if asked.is_worker:
        return None
    judging = len(judged.holdout)
    found = Searched(name, space, tried.trials, parts, judging, _scores(asked), asked.time, inner, features)
    chosen = conclude(found, asked.ensemble, asked.output, tried.runs)
    if asked.study:
        keep_found(_storage(asked), asked.study, asked.output)
    return chosen


def study_name(space: Space, rows: str | None, given: str | None = None) -> str:
    """The same for what can be compared: ensemble, space, the libraries that score, and `rows`, a digest of them.

    Workers on a table that grows see other rows each: for them a name is given, and no rows.
    """
    what = space.written.model_dump_json(include={"combine", "members", "search"})
    parts = [what, repr(sorted(space.dimensions.items())), repr(library_versions(space.written))]
    digest = hashlib.sha256("\n".join([*([rows] if rows else []), *parts]).encode()).hexdigest()
    return f"{given or space.written.name}-{digest[:12]}"


def _parted(data: TrainingData, holdout: float, asked: Asked) -> Parts:
    if asked.is_nested:
        return part_nested(data, SEED)
    return part(data, holdout, SEED) if asked.proves else part_unproved(data, SEED)


def _say_rows(parts: Parts, judging: int) -> None:
    proving = parts.proving if parts.proves else "none"
    searched = f"{len(parts.search.data.target)} rows to search on, {proving} to prove on"
    say(f"  {searched}; the {judging} that judge are not looked at")


def _scores(asked: Asked) -> Path:
    return asked.output / WORK / "scores"


def _storage(asked: Asked) -> str:
    return asked.storage or file_url(asked.output / WORK / "study.db")


def _shared(rows: SearchRows, asked: Asked) -> str | None:
    """What workers of one study have in common: the rows, or on a table that grows what was derived from them."""
    if not asked.study:
        return rows.digest
    return repr(rows.data.schema.derived) if asked.derives else None


def _derived(space: Space, rows: SearchRows, asked: Asked) -> ChosenFeatures | None:
    """Of these rows alone; none where that was not asked for."""
    if not asked.derives:
        return None
    with step("features derived from others"):
        found = choose_features(space.written, FoldScores(rows, _scores(asked), asked.time))
    say(f"  {found.proposed} proposed, {len(found.kept) or 'none'} kept")
    for one in found.kept:
        say(f"    {one.sentence}")
    return found


@dataclass(frozen=True)
class _Tried:
    """A study after its trials; its run in MLflow goes on."""

    trials: list[FrozenTrial]
    runs: TrialRuns


def _tried(space: Space, rows: SearchRows, asked: Asked, name: str) -> _Tried:
    objective = Objective(space, FoldScores(rows, _scores(asked), asked.time))
    budget = Budget(asked.trials, max(0.0, asked.time.left) if asked.time.seconds else None)
    with opened_study(_storage(asked), name) as study:
        runs = TrialRuns(say)
        if asked.tracking_uri:
            runs.begin(asked.tracking_uri, space.written.name, name)
        done = done_trials(study)
        say(f"  study {name}{f' goes on after {done} trials' if done else ''}")
        lines = TrialLines(asked.trials, done, say, asked.time)
        run_trials(study, objective, first_trials(space), asked.sampling, budget, [lines, runs])
        return _Tried(study.get_trials(), runs)


def _inside(space: Space, rows: SearchRows, asked: Asked) -> InnerSearch:
    """The search anew on the rows that one fold of the proof fits on."""
    say(f"  search inside a fold, on {len(rows.data.target)} rows")
    if features := _derived(space, rows, asked):
        rows = with_schema(rows, features.schema)
    tried = _tried(space, rows, asked, study_name(space, rows.digest, asked.study))
    tried.runs.end("none", "a search inside a fold of a nested one: it proves, and nothing of it is taken")
    return InnerSearch(tried.trials, FoldScores(rows, _scores(asked), asked.time))
