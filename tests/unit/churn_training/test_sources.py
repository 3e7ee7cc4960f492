"""Names of data sets: which source they mean, and what is said of those that mean none."""

from pathlib import Path

import pandas as pd
import pytest
from churn_training.errors import DataUnreadable
from churn_training.load import load
from churn_training.sources.postgresql import PostgresqlTable


@pytest.mark.parametrize(
    ("url", "database_url", "table"),
    [
        ("postgresql://h/churn/customers", "postgresql://h/churn", ("customers",)),
        ("postgresql://u:p@h:5433/churn/crm.customers", "postgresql://u:p@h:5433/churn", ("crm", "customers")),
        ("postgresql://h/churn/t?sslmode=require", "postgresql://h/churn?sslmode=require", ("t",)),
    ],
)
def test_table_urls(url: str, database_url: str, table: tuple[str, ...]) -> None:
    assert PostgresqlTable.from_url(url) == PostgresqlTable(database_url, table)


def test_a_password_is_never_printed() -> None:
    assert "secret" not in str(PostgresqlTable.from_url("postgresql://u:secret@h/churn/customers"))
    with pytest.raises(DataUnreadable) as refused:
        PostgresqlTable.from_url("postgresql://u:secret@h/churn")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.csv", "", "is empty", id="empty csv"),
        pytest.param("a.csv", 'a,b\n1,2,3,4\n"', "cannot be read as CSV", id="broken csv"),
        pytest.param("a.parquet", "not parquet", "cannot be read as Parquet", id="broken parquet"),
        pytest.param("a.xlsx", "x", "neither a .csv or .parquet", id="another format"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataUnreadable, match=message):
        load(str(tmp_path / name))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataUnreadable, match=r"none\.csv does not exist"):
        load(str(tmp_path / "none.csv"))


def test_csv_cells_stay_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,n\n007,NA\n")
    pd.testing.assert_frame_equal(load(str(tmp_path / "a.csv")), pd.DataFrame({"id": ["007"], "n": ["NA"]}))
