"""What `score --keep` lets through from and into PostgreSQL, of every kind: its own type, or refused by name."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.errors import DataInvalid
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset
from support.kept_kinds import KINDS, Kind

MOMENT = datetime(2024, 2, 29, 12, 30, 0, 250_000)
TYPED: tuple[tuple[str, str, pa.DataType, Any], ...] = (
    ("boolean", "true", pa.bool_(), True),
    ("smallint", "-5", pa.int16(), -5),
    ("integer", "7", pa.int32(), 7),
    ("bigint", "9007199254740993", pa.int64(), 9007199254740993),
    ("real", "1.5", pa.float32(), 1.5),
    ("double precision", "0.1", pa.float64(), 0.1),
    ("numeric(10,2)", "1.10", pa.decimal128(10, 2), Decimal("1.10")),
    ("numeric(50,3)", "1.100", pa.decimal256(50, 3), Decimal("1.100")),
    ("date", "2024-02-29", pa.date32(), date(2024, 2, 29)),
    ("timestamp without time zone", "2024-02-29 12:30:00.25", pa.timestamp("us"), MOMENT),
    ("timestamp(3) without time zone", "2024-02-29 12:30:00.25", pa.timestamp("us"), MOMENT),
    ("timestamp with time zone", "2024-02-29 12:30:00.25+00", pa.timestamp("us", "UTC"), MOMENT.replace(tzinfo=UTC)),
    ("numeric", "1.10", pa.string(), "1.10"),
    ("text", 'a "b"', pa.string(), 'a "b"'),
    ("character varying(20)", "007", pa.string(), "007"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000", pa.string(), "123e4567-e89b-12d3-a456-426614174000"),
    ("jsonb", '{"a": 1}', pa.string(), '{"a": 1}'),
    ("bytea", r"\xff00", pa.string(), r"\xff00"),
    ("integer[]", "{1,NULL}", pa.string(), "{1,NULL}"),
    ("interval", "1 day 02:00:00", pa.string(), "1 day 02:00:00"),
    ("time without time zone", "01:02:03", pa.string(), "01:02:03"),
)
"""Type, text, and what Parquet holds."""
BEYOND = (
    ("date", "infinity"),
    ("date", "0044-03-15 BC"),
    ("timestamp without time zone", "-infinity"),
    ("timestamp with time zone", "infinity"),
    ("numeric(10,2)", "NaN"),
)
"""What no type of Parquet holds."""


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> TableScorer:
    return TableScorer(bundle, load_evaluator(bundle), print)


@pytest.fixture
def database(postgresql: str, dataset: Dataset) -> Iterator[psycopg.Connection]:
    """With a table `two` of two customers, and everything dropped afterwards."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'; DROP TABLE IF EXISTS two, kept, kept_scores")
        names = ", ".join(f'"{name}" text' for name in dataset.raw.columns)
        connection.execute(f"CREATE TABLE two ({names})".encode())
        with connection.cursor().copy("COPY two FROM STDIN (FORMAT csv)") as copy:
            copy.write(dataset.raw.head(2).to_csv(index=False, header=False))
        yield connection
        connection.execute("DROP TABLE IF EXISTS two, kept, kept_scores")


def _columns(database: psycopg.Connection, table: str, names: list[str]) -> dict[str, tuple[str, list[str | None]]]:
    """Type and texts of each."""
    query = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
    types: dict[str, str] = dict(database.execute(query, [table]).fetchall())
    texts = ", ".join(f'"{name}"::text' for name in names)
    rows = database.execute(f"SELECT {texts} FROM {table} ORDER BY 1 NULLS LAST".encode()).fetchall()
    return {name: (types[name], [row[place] for row in rows]) for place, name in enumerate(names)}


def _make(database: psycopg.Connection, cells: list[tuple[str, str]]) -> list[str]:
    """The table `kept`: in the first row these texts as their types, NULL in the second; gives the columns' names."""
    names = [f"kept{place:02d}" for place in range(len(cells))]
    made = ", ".join(f"'{text}'::{kind} AS {name}" for name, (kind, text) in zip(names, cells, strict=True))
    empty = ", ".join(f"{name} = NULL" for name in names)
    database.execute(f"CREATE TABLE kept AS SELECT *, {made} FROM two".encode())
    database.execute(f'UPDATE kept SET {empty} WHERE "customerID" = (SELECT max("customerID") FROM two)'.encode())
    return names


def test_every_type_of_postgresql_goes_through_into_another_table(
    scorer: TableScorer, database: psycopg.Connection, postgresql: str
) -> None:
    names = _make(database, [(kind, text) for kind, text, *_ in TYPED] + list(BEYOND))
    database.execute("ALTER ROLE CURRENT_USER SET datestyle = 'German'")
    try:
        scorer.score(Task(f"{postgresql}/kept", f"{postgresql}/kept_scores", names))
    finally:
        database.execute("ALTER ROLE CURRENT_USER RESET datestyle")
    assert _columns(database, "kept_scores", names) == _columns(database, "kept", names)


def test_parquet_has_types_for_what_it_can_hold(
    scorer: TableScorer, database: psycopg.Connection, postgresql: str, tmp_path: Path
) -> None:
    names = _make(database, [(kind, text) for kind, text, *_ in TYPED])
    scorer.score(Task(f"{postgresql}/kept", str(tmp_path / "out.parquet"), names))
    read = pq.read_table(tmp_path / "out.parquet")
    assert [read.schema.field(name).type for name in names] == [kind for _, _, kind, _ in TYPED]
    assert [set(read[name].to_pylist()) for name in names] == [{value, None} for *_, value in TYPED]


@pytest.mark.parametrize(("kind", "text"), BEYOND)
def test_what_parquet_cannot_hold_is_refused_and_csv_has_its_text(
    scorer: TableScorer, database: psycopg.Connection, postgresql: str, tmp_path: Path, kind: str, text: str
) -> None:
    _make(database, [(kind, text)])
    told = r"kept00: is .* in PostgreSQL, and a row has what .* of Parquet cannot hold \(.*\); leave it out of --keep"
    with pytest.raises(DataInvalid, match=told):
        scorer.score(Task(f"{postgresql}/kept", str(tmp_path / "out.parquet"), ["kept00"]))
    scorer.score(Task(f"{postgresql}/kept", str(tmp_path / "out.csv"), ["kept00"]))
    assert text in (tmp_path / "out.csv").read_text()


def test_a_type_that_somebody_made_is_text_and_a_domain_the_type_below_it(
    scorer: TableScorer, database: psycopg.Connection, postgresql: str
) -> None:
    made_here = "CREATE TYPE mood AS ENUM ('glad'); CREATE DOMAIN price AS numeric(5,2); CREATE DOMAIN yes AS bool"
    database.execute(made_here.encode())
    try:
        names = _make(database, [("mood", "glad"), ("price", "1.10"), ("yes", "true")])
        scorer.score(Task(f"{postgresql}/kept", f"{postgresql}/kept_scores", names))
        made = dict(zip(names, [("text", "glad"), ("numeric(5,2)", "1.10"), ("boolean", "true")], strict=True))
        kept = _columns(database, "kept_scores", names)
        assert kept == {name: (kind, [text, None]) for name, (kind, text) in made.items()}
    finally:
        database.execute("DROP TABLE IF EXISTS kept; DROP TYPE mood; DROP DOMAIN price, yes")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_parquet_into_a_table(
    scorer: TableScorer, database: psycopg.Connection, postgresql: str, dataset: Dataset, kind: Kind, tmp_path: Path
) -> None:
    customers = pa.Table.from_pandas(dataset.raw.head(2), preserve_index=False)
    pq.write_table(customers.append_column("kept", kind.cells), tmp_path / "in.parquet")
    task = Task(str(tmp_path / "in.parquet"), f"{postgresql}/kept_scores", ["kept"])
    if kind.sql is None:
        with pytest.raises(DataInvalid, match=r"kept: is .* in Parquet, which a table of PostgreSQL does not hold"):
            scorer.score(task)
        return
    scorer.score(task)
    (name, texts) = _columns(database, "kept_scores", ["kept"])["kept"]
    assert (name, texts[0] or "") == kind.sql
    assert texts[1] is None
