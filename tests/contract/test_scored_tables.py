"""`score` on files: the scores of every source, what goes through, what is told and refused, and what a kill leaves."""

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import encode
from churn_models.errors import DataInvalid, DataUnreadable, OutputUnknown
from churn_models.outputs import CALIBRATED, DECISION, PROBABILITY
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import Scored, TableScorer, Task
from churn_training.datasets import Dataset

_ROWS = 300_000
_KILLS = 2
_SECONDS = 120


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> TableScorer:
    return TableScorer(bundle, load_evaluator(bundle), print)


@pytest.fixture
def customers(dataset: Dataset) -> pd.DataFrame:
    return dataset.raw.drop(columns="Churn").assign(region=np.arange(len(dataset.raw)) % 7)


@pytest.fixture(scope="module")
def expected(bundle: Bundle, dataset: Dataset) -> Iterator[Scores]:
    schema = bundle.schema()
    matrix = encode(schema, {name: dataset.raw[name].to_numpy() for name in schema.names}).matrix
    yield load_scorer(bundle).score(matrix).ensemble


def _write(customers: pd.DataFrame, path: Path) -> str:
    if path.suffix == ".parquet":
        customers.to_parquet(path, index=False, row_group_size=300)
    else:
        customers.to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize("source", ["in.parquet", "in.csv", "in.csv.gz"])
@pytest.mark.parametrize("destination", ["out.parquet", "out.csv"])
def test_every_source_has_the_scores_of_training(
    scorer: TableScorer, customers: pd.DataFrame, expected: Scores, tmp_path: Path, source: str, destination: str
) -> None:
    out = tmp_path / destination
    scored = scorer.score(Task(_write(customers, tmp_path / source), str(out)))
    read = pd.read_parquet(out) if out.suffix == ".parquet" else pd.read_csv(out)
    assert scored.rows == len(read) == len(customers)
    assert read["customerID"].to_list() == customers["customerID"].to_list()
    np.testing.assert_allclose(read[PROBABILITY], expected, atol=1e-6, rtol=0)
    assert list(read) == ["customerID", PROBABILITY, "digest", "scored_at"]


def test_outputs_and_columns_on_request(
    bundle: Bundle, scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    scorer.score(Task(_write(customers, tmp_path / "in.parquet"), str(out), ["*"], [DECISION, CALIBRATED]))
    read = pd.read_parquet(out)
    assert list(read) == ["customerID", "region", PROBABILITY, DECISION, CALIBRATED, "digest", "scored_at"]
    assert read["region"].to_list() == customers["region"].to_list()
    assert read[DECISION].to_list() == (read[PROBABILITY] >= 0.5).to_list()
    assert read["digest"].unique().tolist() == [bundle.digest]
    with pytest.raises(OutputUnknown, match="no such output: nonsense"):
        scorer.score(Task(str(tmp_path / "in.parquet"), str(out), outputs=["nonsense"]))


def test_files_of_a_pattern_are_one_table(scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path) -> None:
    _write(customers.iloc[:500], tmp_path / "part0.parquet")
    _write(customers.iloc[500:].assign(region="r"), tmp_path / "part1.parquet")
    scored = scorer.score(Task(str(tmp_path / "part*.parquet"), str(tmp_path / "out.parquet")))
    assert scored.rows == pq.read_metadata(tmp_path / "out.parquet").num_rows == len(customers)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(pa.array([1], pa.int32()), pa.array([2**40]), [1, 2**40], id="a wider integer"),
        pytest.param(pa.array([1.5], pa.float32()), pa.array([0.1]), [1.5, 0.1], id="a finer number"),
        pytest.param(pa.nulls(1), pa.array(["007"]), [None, "007"], id="nulls first"),
    ],
)
def test_a_kept_column_of_several_files_has_a_type_for_all(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path, first: pa.Array, second: pa.Array, kept: list[object]
) -> None:
    _write_parts(customers, tmp_path, "note", [first, second])
    scorer.score(Task(str(tmp_path / "part*.parquet"), str(tmp_path / "out.parquet"), ["note"]))
    assert pq.read_table(tmp_path / "out.parquet")["note"].to_pylist() == kept


@pytest.mark.parametrize(
    ("column", "keep"), [("note", ["note"]), ("customerID", []), ("SeniorCitizen", ["SeniorCitizen"])]
)
def test_files_that_differ_in_the_type_of_what_goes_through_are_named(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path, column: str, keep: list[str]
) -> None:
    _write_parts(customers, tmp_path, column, [pa.array([12]), pa.array(["0012"])])
    with pytest.raises(DataUnreadable, match=rf"{column} is int64 in .*part0.parquet and string in .*part1.parquet"):
        scorer.score(Task(str(tmp_path / "part*.parquet"), str(tmp_path / "out.parquet"), keep))


def _write_parts(customers: pd.DataFrame, folder: Path, column: str, parts: list[pa.Array]) -> None:
    for place, cells in enumerate(parts):
        rows = customers.iloc[place : place + 1].drop(columns=column, errors="ignore")
        table = pa.Table.from_pandas(rows, preserve_index=False).append_column(column, cells)
        pq.write_table(table, folder / f"part{place}.parquet")


def test_what_is_unseen_or_missing_is_scored_and_told_with_its_lines(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path
) -> None:
    customers["Contract"] = ["Decade", *customers["Contract"][1:]]
    customers["tenure"] = customers["tenure"].astype(object)
    customers.loc[2, "tenure"] = ""
    scored = scorer.score(Task(_write(customers, tmp_path / "in.csv"), str(tmp_path / "out.csv")))
    told = [str(violation) for violation in scored.told]
    first = "in 1 row (such as 'Decade'; line 2 (customerID synthetic-0000000))"
    assert any(line.startswith("Contract: not one of") and line.endswith(first) for line in told), told
    assert any(line.startswith("tenure: a value is missing in 1 row (line 4 (") for line in told), told


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        pytest.param("tenure", "long", r"tenure: not a number in 1 row \(such as 'long'; line 703 \(", id="a word"),
        pytest.param("tenure", "1e39", "tenure: infinite, or too large for float32 in 1 row", id="too large"),
    ],
)
def test_a_refused_table_leaves_what_was_there(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path, column: str, cell: str, message: str
) -> None:
    out = tmp_path / "out.parquet"
    scorer.score(Task(_write(customers, tmp_path / "in.csv"), str(out)))
    before = out.read_bytes()
    customers[column] = customers[column].astype(object)
    customers.loc[701, column] = cell
    with pytest.raises(DataInvalid, match=message):
        scorer.score(Task(_write(customers, tmp_path / "in.csv"), str(out)))
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.parquet"]


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        pytest.param("in.parquet", "would be replaced by its own scores", id="its own source"),
        pytest.param("out.xlsx", "none of what can be written", id="another format"),
        pytest.param("no/out.csv", "the folder of out.csv, does not exist", id="no folder"),
        pytest.param("folder.parquet", "is no file that could be replaced", id="a folder"),
    ],
)
def test_refused_destinations(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path, destination: str, message: str
) -> None:
    source = _write(customers, tmp_path / "in.parquet")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(DataUnreadable, match=message):
        scorer.score(Task(source, str(tmp_path / destination)))


@pytest.mark.parametrize(
    ("pattern", "destination", "message"),
    [
        pytest.param("part*.parquet", "part1.parquet", "part1.parquet would be replaced by its own scores", id="one"),
        pytest.param("*.parquet", "new.parquet", "would be one of the files", id="one of the next time"),
        pytest.param("**/*.parquet", "day/new.parquet", "would be one of the files", id="in a folder below"),
    ],
)
def test_no_file_of_a_pattern_is_replaced_by_its_scores(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path, pattern: str, destination: str, message: str
) -> None:
    (tmp_path / "day").mkdir()
    parts = [Path(_write(customers, tmp_path / name)) for name in ("part0.parquet", "part1.parquet")]
    before = [part.read_bytes() for part in parts]
    with pytest.raises(DataUnreadable, match=message):
        scorer.score(Task(str(tmp_path / pattern), str(tmp_path / destination)))
    assert [part.read_bytes() for part in parts] == before


def test_the_file_behind_a_symbolic_link_is_replaced(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "latest.parquet").symlink_to(tmp_path / "day" / "scores.parquet")
    scorer.score(Task(_write(customers, tmp_path / "in.parquet"), str(tmp_path / "latest.parquet")))
    assert (tmp_path / "latest.parquet").is_symlink()
    assert pq.read_metadata(tmp_path / "day" / "scores.parquet").num_rows == len(customers)


def test_a_symbolic_link_to_the_source_is_its_source(
    scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path
) -> None:
    source = _write(customers, tmp_path / "in.parquet")
    (tmp_path / "out.parquet").symlink_to(source)
    with pytest.raises(DataUnreadable, match="would be replaced by its own scores"):
        scorer.score(Task(source, str(tmp_path / "out.parquet")))


def test_two_processes_do_not_write_one_file(scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path) -> None:
    source = _write(customers, tmp_path / "in.parquet")
    with (tmp_path / ".out.csv.unfinished").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DataUnreadable, match="is being written by another process"):
            scorer.score(Task(source, str(tmp_path / "out.csv")))


def test_an_empty_table_gives_an_empty_one(scorer: TableScorer, customers: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("in.parquet", "in.csv"):
        scored: Scored = scorer.score(Task(_write(customers.head(0), tmp_path / name), str(tmp_path / "out.parquet")))
        assert scored.rows == 0
        assert pq.read_schema(tmp_path / "out.parquet").names == ["customerID", PROBABILITY, "digest", "scored_at"]


def test_a_kill_leaves_no_half_file_and_a_second_run_every_row(
    bundle: Bundle, customers: pd.DataFrame, tmp_path: Path
) -> None:
    many = pd.concat([customers] * (_ROWS // len(customers)), ignore_index=True)
    source, out = _write(many, tmp_path / "in.parquet"), tmp_path / "out.parquet"
    seed = random.randrange(1000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(_KILLS):
        child = _start(bundle, source, out)
        _wait_until_begun(child, tmp_path)
        time.sleep(chance.uniform(0, 1))
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert not out.exists() or pq.read_metadata(out).num_rows == len(many)
        out.unlink(missing_ok=True)
    assert _start(bundle, source, out).wait(_SECONDS) == 0
    assert pq.read_table(out)["customerID"].to_pylist() == many["customerID"].to_list()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def _start(bundle: Bundle, source: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "churn_runtimes", "score", "--bundle", str(bundle.folder), source, str(out)]
    return subprocess.Popen(command, env={**os.environ, "MLFLOW_TRACKING_URI": ""})


def _wait_until_begun(child: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not (folder / ".out.parquet.unfinished").exists() and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
