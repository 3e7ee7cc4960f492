"""Ours as a user has it who wants the best ranking that a minute gives: `init`, `search`, and what it found fitted.

CatBoost is added to what `init` wrote, the best is asked for whatever it costs to serve, without stacks, whose weights
take five fits more of each member at the end. Nothing is proved and few rows are kept to judge: the bench judges.

One row is a customer's columns, encoded and scored by the compiled evaluator, as a server does.
"""

import contextlib
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from bench.lab.fold_task import TARGET, Fitted, FoldTask, answer
from churn_models.combine import Scores
from churn_models.encoding import encode
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.feature_schema import FeatureSchema
from churn_models.scoring.member import load_member
from churn_runtimes.evaluator.compiled import Join, Table, compile_table
from churn_runtimes.evaluator.node_table import join_tables, member_table
from churn_runtimes.evaluator.pack import PACKERS
from churn_training.cli import app
from churn_training.fit_ensemble import FittedEnsemble, fit_ensemble
from churn_training.init.init_ensemble import Said, init_ensemble
from churn_training.load import load
from churn_training.training_data import TrainingData
from churn_training.validate import validate

_ENDING_SHARE = 0.1
"""Of the budget: for what was found, on all rows."""
_LEAST_HOURS = 0.001
"""That `search` takes."""
_ADDED = """\
  - {name: catboost, kind: catboost, parameters: {iterations: 300, learning_rate: 0.06, depth: 6}}
search: {tolerance: 0, combine: [mean, weighted]}
holdout: 0.02
"""


def fit(task: FoldTask) -> Fitted:
    """What users type, in this process, so that imports are no part of the budget, as they are of nobody's."""
    ends = time.monotonic() + task.seconds
    written, found = task.folder / "written", task.folder / "found"
    with (task.folder / "said.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
        init_ensemble(str(task.train), Said(target=TARGET), written, force=True)
        ensemble = written / "ensemble.yaml"
        ensemble.write_text(ensemble.read_text(encoding="utf-8") + _ADDED, encoding="utf-8")
        hours = max(_LEAST_HOURS, (ends - time.monotonic() - task.seconds * _ENDING_SHARE) / 3600)
        words = ["--ensemble", written, "--dataset", task.train, "--output", found, "--hours", hours, "--no-proof"]
        app(["search", *map(str, words)], standalone_mode=False)
        spec, schema = load_ensemble(found)
        data = TrainingData.from_table(schema, validate(schema, load(str(task.train))))
        fitted = fit_ensemble(spec, data, seed=0)
    table = compiled(spec, fitted, task.folder / "members", data)

    def score(rows: pd.DataFrame) -> object:
        return ask(table, schema, {str(name): rows[name].tolist() for name in rows.columns})()

    def ask_one(row: pd.DataFrame) -> Callable[[], object]:
        return ask(table, schema, {str(name): row[name].tolist() for name in row.columns})

    return Fitted(score, ask_one, f"{spec.combine} of {', '.join(member.name for member in spec.members)}")


def ask(table: Table, schema: FeatureSchema, columns: dict[str, list[Any]]) -> Callable[[], Scores]:
    """The call that encodes these customers and scores them `[rows]`."""
    return lambda: table.evaluate(encode(schema, columns).matrix)[0]


def compiled(spec: EnsembleSpec, fitted: FittedEnsemble, folder: Path, data: TrainingData) -> Table:
    """As a server makes it of a bundle: from the members' files, with what computes derived features before them."""
    parts = []
    for member in spec.members:
        path = folder / member.name / member.kind.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        fitted.members[member.name].save(path)
        read = load_member(member.kind, path, len(data.schema.scored_names))
        parts.append(member_table(PACKERS[member.kind](read.model)))
    joined = fitted.combination
    table = join_tables(parts, data.program)
    return compile_table(table, len(data.schema.features), Join(joined.rule, joined.weights, joined.intercept))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    answer(fit)
