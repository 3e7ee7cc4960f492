"""`score` from a table of PostgreSQL into one: every row, by one transaction, whatever is in the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.errors import DataUnavailable, DataUnreadable, DataUnwritable
from churn_models.exit_code import ExitCode
from churn_models.outputs import DECISION, PROBABILITY
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.reasons import Reasons
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset

_COPIES = 100
_SECONDS = 120


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> TableScorer:
    return TableScorer(bundle, load_evaluator(bundle), print)


@pytest.fixture(scope="module")
def table(postgresql: str, dataset: Dataset) -> str:
    """The customers as text columns."""
    with psycopg.connect(postgresql) as connection:
        names = ", ".join(f'"{name}" text' for name in dataset.raw.columns)
        connection.execute(f"CREATE TABLE crm ({names})".encode())
        with connection.cursor().copy("COPY crm FROM STDIN (FORMAT csv)") as copy:
            copy.write(dataset.raw.to_csv(index=False, header=False))
    return f"{postgresql}/crm"


def test_a_table_is_scored_into_a_table_and_again(
    scorer: TableScorer, table: str, postgresql: str, dataset: Dataset, tmp_path: Path
) -> None:
    dataset.raw.to_csv(tmp_path / "in.csv", index=False)
    scorer.score(Task(str(tmp_path / "in.csv"), str(tmp_path / "out.csv")))
    by_file = pd.read_csv(tmp_path / "out.csv").set_index("customerID")[PROBABILITY]
    for _ in range(2):
        task = Task(table, f"{postgresql}/scores", ["Contract"], [DECISION], Reasons(contributions=True, top=1))
        assert scorer.score(task).rows == len(dataset.raw)
    with psycopg.connect(postgresql) as connection:
        rows = connection.execute(
            'SELECT "customerID", churn_probability, decision, digest, scored_at, "Contract" FROM scores'
        ).fetchall()
        reasons = connection.execute('SELECT reason_1, contribution_1, "contributions.tenure" FROM scores').fetchall()
    assert {value == own for name, value, own in reasons if name == "tenure"} == {True}
    assert len(rows) == len(dataset.raw)
    np.testing.assert_allclose([row[1] for row in rows], [by_file[row[0]] for row in rows], atol=1e-12, rtol=0)
    assert all(decided == (probability >= 0.5) for _, probability, decided, *_ in rows)
    assert {row[4].tzinfo is not None for row in rows} == {True}


def test_a_table_of_somebody_else_is_left_alone(scorer: TableScorer, table: str, postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute("CREATE TABLE theirs AS SELECT 'keep me' AS note")
    with pytest.raises(DataUnreadable, match="theirs cannot be written"):
        scorer.score(Task(table, f"{postgresql}/theirs"))
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("SELECT note FROM theirs").fetchall() == [("keep me",)]


def test_a_table_with_one_column_more_is_left_alone(scorer: TableScorer, table: str, postgresql: str) -> None:
    scorer.score(Task(table, f"{postgresql}/noted"))
    with psycopg.connect(postgresql) as connection:
        connection.execute("ALTER TABLE noted ADD note text DEFAULT 'keep me'")
    with pytest.raises(DataUnreadable, match="noted cannot be written: a table of that name has note; drop it or name"):
        scorer.score(Task(table, f"{postgresql}/noted"))
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("SELECT DISTINCT note FROM noted").fetchall() == [("keep me",)]


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(lambda url: f"{url}/crm", id="the same"),
        pytest.param(lambda url: f"{url}/public.crm", id="with its schema"),
        pytest.param(lambda url: f"{url}/crm".replace("postgresql:", "postgres:"), id="another scheme"),
        pytest.param(lambda url: f"{url}/crm".replace("127.0.0.1", "localhost"), id="another host"),
    ],
)
def test_a_table_is_not_replaced_by_its_own_scores(
    scorer: TableScorer, table: str, postgresql: str, spelled: Callable[[str], str]
) -> None:
    with pytest.raises(DataUnreadable, match="crm would be replaced by its own scores"):
        scorer.score(Task(table, spelled(postgresql)))


def test_a_view_over_the_last_scores_is_scored_into_them(
    scorer: TableScorer, table: str, postgresql: str, dataset: Dataset
) -> None:
    scorer.score(Task(table, f"{postgresql}/last"))
    with psycopg.connect(postgresql) as connection:
        connection.execute(
            'CREATE VIEW known AS SELECT crm.*, churn_probability FROM crm JOIN last USING ("customerID")'
        )
    assert scorer.score(Task(f"{postgresql}/known", f"{postgresql}/last")).rows == len(dataset.raw)


def test_a_table_in_use_is_not_waited_for_without_end(
    scorer: TableScorer, table: str, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer.score(Task(table, f"{postgresql}/used"))
    monkeypatch.setattr("churn_models.tables.postgresql._LOCK_SECONDS", 1)
    with psycopg.connect(postgresql) as connection:
        connection.execute("SELECT count(*) FROM used")
        told = "used cannot be written: another session has been using it for 1 s"
        with pytest.raises(DataUnwritable, match=told) as raised:
            scorer.score(Task(table, f"{postgresql}/used"))
    assert raised.value.exit_code is ExitCode.FAILED


def test_a_database_that_ends_a_session_may_be_asked_again(scorer: TableScorer, table: str, postgresql: str) -> None:
    # As a restart of the server does, in the middle of the rows.
    with psycopg.connect(postgresql) as connection:
        end = "SELECT * FROM crm WHERE pg_terminate_backend(pg_backend_pid())"
        connection.execute(f"CREATE VIEW ending AS TABLE crm UNION ALL {end}".encode())
    with pytest.raises(DataUnavailable, match="ending cannot be read") as raised:
        scorer.score(Task(f"{postgresql}/ending", f"{postgresql}/ended_scores"))
    assert raised.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("source", "out", "code"),
    [
        pytest.param("{url}/none", "{url}/new", ExitCode.DATA_FAULT, id="an unknown table"),
        pytest.param("{guest}/crm", "{url}/new", ExitCode.DATA_FAULT, id="no right to read"),
        pytest.param("{url}/crm", "{guest}/new", ExitCode.DATA_FAULT, id="no right to write"),
        pytest.param("{url}_none/crm", "{url}/new", ExitCode.FAILED, id="an unknown database"),
        pytest.param("{url}/crm", "postgresql://127.0.0.1:1/x/new", ExitCode.FAILED, id="nobody listens"),
        pytest.param("postgresql://none.invalid/x/crm", "{url}/new", ExitCode.FAILED, id="no such host"),
    ],
)
def test_what_may_pass_ends_otherwise_than_what_never_will(
    scorer: TableScorer, table: str, postgresql: str, source: str, out: str, code: ExitCode
) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    url = {"url": postgresql, "guest": postgresql.replace("tester@", "guest@")}
    with pytest.raises(DataUnreadable) as raised:
        scorer.score(Task(source.format(**url), out.format(**url)))
    assert raised.value.exit_code is code


def test_null_stays_null_and_empty_text_empty_text(scorer: TableScorer, table: str, postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute("CREATE TABLE gaps AS SELECT *, CASE WHEN tenure::float > 30 THEN '' END AS note FROM crm")
    scorer.score(Task(f"{postgresql}/gaps", f"{postgresql}/gap_scores", ["note"]))
    query = "SELECT count(*) FILTER (WHERE note IS NULL), count(*) FILTER (WHERE note = '') FROM {}"
    with psycopg.connect(postgresql) as connection:
        before, after = (connection.execute(query.format(name).encode()).fetchone() for name in ("gaps", "gap_scores"))
    assert after == before
    assert before and min(before) > 0


def test_kept_columns_of_parquet_keep_their_types(
    scorer: TableScorer, postgresql: str, dataset: Dataset, tmp_path: Path
) -> None:
    kept = {
        "paid": pa.array([Decimal("1.10"), None]),
        "since": pa.array([date(2024, 2, 29), None]),
        "seen": pa.array([datetime(2024, 2, 29, 12, 30), None]),
        "points": pa.array([2**64 - 1, None], pa.uint64()),
    }
    customers = pa.Table.from_pandas(dataset.raw.head(2), preserve_index=False)
    for name, cells in kept.items():
        customers = customers.append_column(name, cells)
    pq.write_table(customers, tmp_path / "in.parquet")
    scorer.score(Task(str(tmp_path / "in.parquet"), f"{postgresql}/typed_scores", list(kept)))
    with psycopg.connect(postgresql) as connection:
        rows = connection.execute("SELECT paid, since, seen, points FROM typed_scores ORDER BY paid").fetchall()
    assert rows == list(zip(*(cells.to_pylist() for cells in kept.values()), strict=True))


def test_kept_numbers_and_truths_of_a_table_keep_their_types(scorer: TableScorer, table: str, postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        values = "'NaN'::float8 AS share, NULL::int AS visits, true AS paying"
        connection.execute(f"CREATE TABLE kinds AS SELECT *, {values} FROM crm".encode())
    scorer.score(Task(f"{postgresql}/kinds", f"{postgresql}/kind_scores", ["share", "visits", "paying"]))
    query = (
        "SELECT DISTINCT pg_typeof(share)::text, pg_typeof(visits)::text, share::text, visits, paying FROM kind_scores"
    )
    with psycopg.connect(postgresql) as connection:
        assert connection.execute(query).fetchall() == [("double precision", "integer", "NaN", None, True)]


def test_a_kill_leaves_the_rows_that_were_there(
    bundle: Bundle, scorer: TableScorer, table: str, postgresql: str
) -> None:
    scorer.score(Task(table, f"{postgresql}/kept_scores"))
    with psycopg.connect(postgresql) as connection:
        connection.execute(f"CREATE TABLE many AS SELECT crm.* FROM crm, generate_series(1, {_COPIES})".encode())
    command = [sys.executable, "-m", "churn_runtimes", "score", "--bundle", str(bundle.folder)]
    command += [f"{postgresql}/many", f"{postgresql}/kept_scores"]
    child = subprocess.Popen(command, env={**os.environ, "MLFLOW_TRACKING_URI": ""})
    with psycopg.connect(postgresql, autocommit=True) as connection:
        _wait_until_copying(connection, child)
        child.send_signal(signal.SIGKILL)
        child.wait()
        (before,) = connection.execute("SELECT count(*) FROM crm").fetchone() or (0,)
        assert connection.execute("SELECT count(*) FROM kept_scores").fetchone() == (before,)
        assert subprocess.run(command, timeout=_SECONDS, check=False).returncode == 0
        assert connection.execute("SELECT count(*) FROM kept_scores").fetchone() == (before * _COPIES,)


def _wait_until_copying(connection: psycopg.Connection, child: "subprocess.Popen[bytes]") -> None:
    query = "SELECT count(*) FROM pg_stat_progress_copy WHERE command = 'COPY FROM'"
    deadline = time.monotonic() + _SECONDS
    while connection.execute(query).fetchone() == (0,):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
