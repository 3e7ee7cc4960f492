"""Reasons beside the scores of a table: those that the evaluator gives row by row, in every form of file."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule, Scores
from churn_models.encoding import encode
from churn_models.errors import DataInvalid, OutputUnknown
from churn_models.exit_code import ExitCode
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import DECISION, PROBABILITY
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score import reasons
from churn_runtimes.score.reasons import Reasons
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset

_ROWS = 250
TOP = ["reason_1", "contribution_1", "reason_2", "contribution_2"]


@pytest.fixture(scope="module")
def evaluator(bundle: Bundle) -> Evaluator:
    return load_evaluator(bundle)


@pytest.fixture(scope="module")
def scorer(bundle: Bundle, evaluator: Evaluator) -> TableScorer:
    return TableScorer(bundle, evaluator, print)


@pytest.fixture(scope="module")
def customers(dataset: Dataset) -> pd.DataFrame:
    return dataset.raw.head(_ROWS)


@pytest.fixture(scope="module")
def expected(bundle: Bundle, evaluator: Evaluator, customers: pd.DataFrame) -> Scores:
    schema = bundle.schema()
    return evaluator.explain_ensemble(
        encode(schema, {name: customers[name].to_numpy() for name in schema.names}).matrix
    )


@pytest.fixture
def source(customers: pd.DataFrame, tmp_path: Path) -> str:
    customers.to_parquet(tmp_path / "in.parquet", index=False, row_group_size=100)
    return str(tmp_path / "in.parquet")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


@pytest.mark.parametrize(
    "forms",
    [
        ("in.parquet", "out.parquet"),
        ("in.parquet", "out.csv"),
        ("in.csv", "out.parquet"),
        ("in.csv.gz", "out.csv"),
        ("in.tsv", "out.parquet"),
    ],
)
def test_every_form(
    scorer: TableScorer,
    telco_schema: FeatureSchema,
    customers: pd.DataFrame,
    expected: Scores,
    tmp_path: Path,
    forms: tuple[str, str],
) -> None:
    path, out = (tmp_path / form for form in forms)
    if path.suffix == ".parquet":
        customers.to_parquet(path, index=False, row_group_size=100)
    else:
        customers.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    asked = Reasons(contributions=True, top=2)
    scorer.score(Task(str(path), str(out), (), [DECISION], asked))
    read, names = _read(out), telco_schema.names
    columns = [f"contributions.{name}" for name in names]
    assert list(read) == ["customerID", PROBABILITY, DECISION, *TOP, *columns, "base_value", "digest", "scored_at"]
    np.testing.assert_allclose(read[[*columns, "base_value"]], expected, atol=1e-12, rtol=0)
    np.testing.assert_allclose(read[[*columns, "base_value"]].sum(axis=1), read[PROBABILITY], atol=1e-6)
    order = np.argsort(-np.abs(expected[:, :-1]), axis=1, kind="stable")
    for place in range(2):
        assert read[f"reason_{place + 1}"].to_list() == [names[row] for row in order[:, place]]
        values = np.take_along_axis(expected, order[:, place : place + 1], axis=1)[:, 0]
        np.testing.assert_allclose(read[f"contribution_{place + 1}"], values, atol=1e-12, rtol=0)


def test_the_command_line_writes_what_is_asked(bundle: Bundle, source: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "churn_runtimes", "score", "--bundle", str(bundle.folder), "--top-reasons", "2"]
    out = str(tmp_path / "out.csv")
    subprocess.run([*command, source, out], check=True, env={**os.environ, "MLFLOW_TRACKING_URI": ""})
    assert list(pd.read_csv(out)) == ["customerID", PROBABILITY, *TOP, "digest", "scored_at"]


def test_nothing_is_explained_unasked(
    bundle: Bundle, evaluator: Evaluator, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evaluator, "explain_ensemble", lambda *_: 1 / 0)
    TableScorer(bundle, evaluator, print).score(Task(source, str(tmp_path / "out.parquet")))
    assert pq.read_schema(tmp_path / "out.parquet").names == ["customerID", PROBABILITY, "digest", "scored_at"]


def test_pieces_are_explained_as_the_whole_and_told(
    bundle: Bundle, evaluator: Evaluator, source: str, expected: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "_ROWS", 7)
    monkeypatch.setattr("churn_runtimes.score.score_table._TELL_SECONDS", 0)
    told: list[str] = []
    TableScorer(bundle, evaluator, told.append).score(
        Task(source, str(tmp_path / "out.parquet"), reasons=Reasons(contributions=True))
    )
    np.testing.assert_allclose(pd.read_parquet(tmp_path / "out.parquet")["base_value"], expected[:, -1], atol=1e-12)
    assert {"7 rows …", "14 rows …", f"{_ROWS} rows …"} <= set(told)


def test_an_empty_table_has_the_columns(
    bundle: Bundle, evaluator: Evaluator, customers: pd.DataFrame, tmp_path: Path
) -> None:
    customers.head(0).to_parquet(tmp_path / "in.parquet", index=False)
    out = tmp_path / "out.parquet"
    TableScorer(bundle, evaluator, print).score(Task(str(tmp_path / "in.parquet"), str(out), reasons=Reasons(top=2)))
    assert pq.read_schema(out).names == ["customerID", PROBABILITY, *TOP, "digest", "scored_at"]


def test_what_cannot_be_explained_is_refused_before_a_row_is_read(
    bundle: Bundle, evaluator: Evaluator, source: str, tmp_path: Path
) -> None:
    task = Task(source, str(tmp_path / "out.parquet"), reasons=Reasons(top=20))
    with pytest.raises(OutputUnknown, match="no 20 reasons: this model has 19 features") as raised:
        TableScorer(bundle, evaluator, print).score(task)
    assert raised.value.exit_code is ExitCode.DATA_FAULT  # which a Job does not try again
    vote = replace(evaluator, join=replace(evaluator.join, rule=CombineRule.VOTE))
    with pytest.raises(OutputUnknown, match="a vote is a step and no sum; score without --top-reasons"):
        TableScorer(bundle, vote, print).score(replace(task, reasons=Reasons(contributions=True)))
    assert not (tmp_path / "out.parquet").exists()


def test_a_kept_column_of_such_a_name_is_refused(
    bundle: Bundle, evaluator: Evaluator, customers: pd.DataFrame, tmp_path: Path
) -> None:
    customers.assign(reason_1="known").to_parquet(tmp_path / "in.parquet", index=False)
    task = Task(str(tmp_path / "in.parquet"), str(tmp_path / "out.csv"), ["reason_1"], reasons=Reasons(top=1))
    with pytest.raises(DataInvalid, match="is what scoring writes"):
        TableScorer(bundle, evaluator, print).score(task)
