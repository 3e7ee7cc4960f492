"""`score --shard`: several processes score one Parquet table, each row once, whatever ends when; the last tells it."""

import fcntl
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.errors import DataInvalid, DataUnreadable, DataUnwritable
from churn_models.exit_code import ExitCode
from churn_models.outputs import PROBABILITY
from churn_models.tables.open_source import open_source
from churn_models.tables.share import Share
from churn_models.tables.source import Origin, Source
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.reasons import Reasons
from churn_runtimes.score.run_folder import RunFolder, Scorer, folder_of_run
from churn_runtimes.score.score_share import score_share
from churn_runtimes.score.score_table import Scored, TableScorer, Tally, Task
from churn_runtimes.score.source_state import state_of
from churn_training.datasets import Dataset

_COUNT = 3
_SECONDS = 120


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> TableScorer:
    return TableScorer(bundle, load_evaluator(bundle), print)


@pytest.fixture
def customers(dataset: Dataset) -> pd.DataFrame:
    return dataset.raw.drop(columns="Churn")


Score = Callable[..., Scored]


@pytest.fixture
def score(scorer: TableScorer, bundle: Bundle, customers: pd.DataFrame, tmp_path: Path) -> Score:
    """Scores one share of seven row groups in two files into the folder `run`."""
    (tmp_path / "day").mkdir()
    for name, rows in (("a", customers[:500]), ("b", customers[500:])):
        rows.to_parquet(tmp_path / "day" / f"{name}.parquet", index=False, row_group_size=130)
    by = Scorer("first", bundle.manifest.model, "7", bundle.digest)

    def score(index: int, count: int = _COUNT, asked: dict[str, Any] | None = None, **changes: Any) -> Scored:
        task = Task(str(tmp_path / "day" / "*.parquet"), "", **(asked or {}))
        return score_share(
            scorer, RunFolder(tmp_path / "run", Share(index, count), replace(by, **changes), task), print
        )

    return score


def _success(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "_SUCCESS").read_text())
    return told


@pytest.mark.parametrize("order", list(itertools.permutations(range(_COUNT))))
def test_every_row_is_written_once_and_told_by_the_last(
    score: Score, scorer: TableScorer, customers: pd.DataFrame, bundle: Bundle, tmp_path: Path, order: tuple[int, ...]
) -> None:
    for index in order:
        assert not (tmp_path / "run" / "_SUCCESS").exists()
        score(index)
    scorer.score(Task(str(tmp_path / "day" / "*.parquet"), str(tmp_path / "whole.parquet")))
    whole = pd.read_parquet(tmp_path / "whole.parquet").set_index("customerID")
    read = pd.read_parquet(tmp_path / "run").set_index("customerID")
    assert sorted(read.index) == sorted(customers["customerID"])
    np.testing.assert_array_equal(read[PROBABILITY], whole.loc[read.index, PROBABILITY])
    told = _success(tmp_path / "run")
    assert (told["rows"], told["version"], told["digest"]) == (len(customers), "7", bundle.digest)
    files = [f"part-0000{index}-of-00003.parquet" for index in range(_COUNT)]
    assert [part["file"] for part in told["parts"]] == files
    rows = [pq.read_metadata(tmp_path / "run" / name).num_rows for name in files]
    assert [part["rows"] for part in told["parts"]] == rows
    assert min(rows) > 0
    assert told["scored_at"] == max(part["scored_at"] for part in told["parts"])


def test_a_part_that_is_there_is_not_scored_again(score: Score, tmp_path: Path) -> None:
    first = score(0)
    part = tmp_path / "run" / "part-00000-of-00003.parquet"
    before = part.stat().st_mtime_ns
    assert score(0).rows == first.rows
    assert part.stat().st_mtime_ns == before


def test_two_that_end_together_are_both_done(score: Score, tmp_path: Path) -> None:
    score(0)
    score(1)
    with (tmp_path / "run" / "._SUCCESS.unfinished").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert score(2).rows
    score(2)
    assert _success(tmp_path / "run")


def test_a_run_is_told_by_a_share_that_comes_again(score: Score, tmp_path: Path) -> None:
    # As after a kill between the last part and _SUCCESS.
    for index in range(_COUNT):
        score(index)
    told = _success(tmp_path / "run")
    (tmp_path / "run" / "_SUCCESS").unlink()
    score(1)
    assert _success(tmp_path / "run") == told


@pytest.mark.parametrize(
    ("other", "told"),
    [
        pytest.param({"run_id": "second"}, "run id", id="another run"),
        pytest.param({"digest": "sha256:" + "0" * 64}, "digest", id="another bundle"),
        pytest.param({"version": "8"}, "version", id="another version"),
        pytest.param({"count": 2}, "number of shares", id="another number of shares"),
        pytest.param({"asked": {"keep": ["Contract"]}}, "keep", id="another kept column"),
        pytest.param({"asked": {"outputs": ["decision"]}}, "outputs", id="another output"),
        pytest.param({"asked": {"reasons": Reasons(top=1)}}, "top reasons", id="reasons"),
        pytest.param({"asked": {"reasons": Reasons(contributions=True)}}, "contributions", id="contributions"),
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_two_runs_never_mix(score: Score, tmp_path: Path, index: int, other: dict[str, Any], told: str) -> None:
    score(0)
    with pytest.raises(
        DataUnreadable, match=f"of another run, with other {told}; give this run a folder of its own, or"
    ):
        score(index, **other)
    assert len(list((tmp_path / "run").iterdir())) == 1


def test_two_runs_that_begin_in_an_empty_folder_are_no_success(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where an alias moves between two processes that begin together.
    score(0)
    score(1)
    monkeypatch.setattr(RunFolder, "begin", lambda _: None)
    with pytest.raises(DataUnreadable, match=r"part-00000-of-00003\.parquet is of another run, with other digest;"):
        score(2, digest="sha256:" + "0" * 64)
    assert not (tmp_path / "run" / "_SUCCESS").exists()


def test_a_part_of_a_table_that_changed_since_is_refused(score: Score, customers: pd.DataFrame, tmp_path: Path) -> None:
    for index in range(_COUNT):
        score(index)
    customers[:100].to_parquet(tmp_path / "day" / "b.parquet", index=False)
    with pytest.raises(DataUnreadable, match=r"before it changed; give this run a folder of its own, or remove .*run "):
        score(0)


def test_a_file_that_is_replaced_while_it_is_opened_gives_no_part(
    score: Score, customers: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*arguments: Any) -> Source:
        source = open_source(*arguments)
        customers[:100].to_parquet(tmp_path / "day" / "b.parquet", index=False, row_group_size=10)
        return source

    monkeypatch.setattr("churn_runtimes.score.score_table.open_source", opened)
    with pytest.raises(DataUnreadable, match="the table changed while its shares were scored"):
        score(0)
    assert not list((tmp_path / "run").iterdir())


def test_a_table_that_changes_meanwhile_is_no_success(score: Score, customers: pd.DataFrame, tmp_path: Path) -> None:
    score(0)
    score(1)
    customers[:100].to_parquet(tmp_path / "day" / "b.parquet", index=False)
    with pytest.raises(DataUnreadable, match=r"part-00000-of-00003\.parquet has scores of another table"):
        score(2)
    assert not (tmp_path / "run" / "_SUCCESS").exists()


def test_a_table_that_changes_while_its_share_is_read_gives_no_part(bundle: Bundle, tmp_path: Path) -> None:
    by = Scorer("first", bundle.manifest.model, "7", bundle.digest)
    source = tmp_path / "in.parquet"
    source.write_bytes(b"before")
    tally = Tally(1, 1, Origin(files=(source,)), state_of([source]), {}, datetime.now(UTC))
    run = RunFolder(tmp_path, Share(0, 1), by, Task(str(source), ""))
    assert run.footer(tally)
    source.write_bytes(b"while it was read")
    with pytest.raises(DataUnreadable, match="the table changed while its shares were scored"):
        run.footer(tally)


def test_a_place_that_another_writes_may_be_free_later(score: Score, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / ".part-00000-of-00003.parquet.unfinished").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DataUnwritable) as raised:
            score(0)
    # The operator's Jobs end for good with 2, which unreadable tables end with.
    assert raised.value.exit_code is ExitCode.FAILED


def test_more_shares_than_row_groups(score: Score, customers: pd.DataFrame, tmp_path: Path) -> None:
    rows = [score(index, 9).rows for index in range(9)]
    assert rows[-2:] == [0, 0]
    assert _success(tmp_path / "run")["rows"] == len(customers) == len(pd.read_parquet(tmp_path / "run"))


def test_faults_are_told_with_rows_of_the_whole_table_and_counted(
    score: Score, customers: pd.DataFrame, tmp_path: Path
) -> None:
    tenures = customers["tenure"].astype(str).to_list()
    broken = customers[500:].assign(tenure=[*tenures[500:640], "many", *tenures[641:]])
    broken.to_parquet(tmp_path / "day" / "b.parquet", index=False, row_group_size=130)
    customers[:500].astype({"tenure": str}).to_parquet(tmp_path / "day" / "a.parquet", row_group_size=130, index=False)
    with pytest.raises(DataInvalid, match="row 641"):
        score(2)
    unseen = customers[:500].assign(Contract="Ten years")
    unseen.to_parquet(tmp_path / "day" / "a.parquet", index=False, row_group_size=130)
    customers[500:].to_parquet(tmp_path / "day" / "b.parquet", index=False, row_group_size=130)
    for index in range(_COUNT):
        score(index)
    found = _success(tmp_path / "run")["findings"]
    assert {fault.split(":")[0]: rows for fault, rows in found.items()}["Contract"] == 500


def test_text_is_not_shared(scorer: TableScorer, bundle: Bundle, customers: pd.DataFrame, tmp_path: Path) -> None:
    customers.to_csv(tmp_path / "in.csv", index=False)
    by = Scorer("", bundle.manifest.model, None, bundle.digest)
    task = Task(str(tmp_path / "in.csv"), "")
    with pytest.raises(DataUnreadable, match="text is read from its beginning to its end and cannot be shared"):
        score_share(scorer, RunFolder(tmp_path / "run", Share(0, 2), by, task), print)
    score_share(scorer, RunFolder(tmp_path / "run", Share(0, 1), by, task), print)
    assert _success(tmp_path / "run")["rows"] == len(customers)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (None, "out"),
        ("telco-batch-29402115", "out/run=20251126T0315Z"),
        ("telco-batch-by-hand", "out/run=telco-batch-by-hand"),
        ("telco-batch-2940", "out/run=telco-batch-2940"),
    ],
)
def test_a_cron_jobs_run_is_called_by_its_time(name: str | None, folder: str) -> None:
    assert folder_of_run("out", name) == Path(folder)


def test_minutes_are_those_of_the_cron_job_controller() -> None:
    minutes = int(datetime(2026, 11, 27, 3, 15, tzinfo=UTC).timestamp()) // 60
    assert folder_of_run("out", f"telco-batch-{minutes}") == Path("out/run=20261127T0315Z")


def test_killed_processes_leave_nothing_twice_and_nothing_out(
    bundle: Bundle, customers: pd.DataFrame, tmp_path: Path
) -> None:
    many = pd.concat([customers] * 100, ignore_index=True).assign(customerID=lambda rows: rows.index.astype(str))
    many.to_parquet(tmp_path / "in.parquet", index=False, row_group_size=5_000)
    first = [_start(bundle, tmp_path, index) for index in range(_COUNT)]
    first[1].send_signal(signal.SIGKILL)
    assert [child.wait(_SECONDS) for child in first] == [0, -signal.SIGKILL, 0]
    assert not (tmp_path / "out" / "run=night" / "_SUCCESS").exists()
    assert _start(bundle, tmp_path, 1).wait(_SECONDS) == 0
    read = pd.read_parquet(tmp_path / "out" / "run=night")
    assert sorted(read["customerID"]) == sorted(many["customerID"])
    told = _success(tmp_path / "out" / "run=night")
    assert told["rows"] == len(many)
    assert json.loads((tmp_path / "summary-1").read_text()) == {"rows": told["parts"][1]["rows"]}


def _start(bundle: Bundle, folder: Path, index: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "churn_runtimes", "score", "--bundle", str(bundle.folder)]
    command += ["--shard", f"{index}/{_COUNT}", "--run", "night", "--summary", str(folder / f"summary-{index}")]
    command += [str(folder / "in.parquet"), str(folder / "out")]
    return subprocess.Popen(command, env={**os.environ, "MLFLOW_TRACKING_URI": ""})
