"""Names of data sets: which source they mean, and what is said of those that mean none."""

from pathlib import Path

import pandas as pd
import pytest
from churn_models.errors import DataUnreadable
from churn_models.tables.open_source import dataset_name
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_training.load import load


@pytest.mark.case("31-postgres-addresses")
@pytest.mark.parametrize(
    ("url", "options", "shown"),
    [
        pytest.param("//h/crm/t", {"host": "h", "dbname": "crm"}, "//h/crm/t", id="the shortest"),
        pytest.param(
            "//u:p%40x@h:5433/crm/s.t",
            {"host": "h", "port": "5433", "dbname": "crm", "user": "u", "password": "p@x"},
            "//h:5433/crm/s.t",
            id="everything",
        ),
        pytest.param("///crm/my members", {"dbname": "crm"}, "///crm/my members", id="no host"),
        pytest.param("//h/my%20crm/my%20t", {"host": "h", "dbname": "my crm"}, "//h/my crm/my t", id="percent-encoded"),
        pytest.param("//[::1]:5/crm/t", {"host": "::1", "port": "5", "dbname": "crm"}, "//[::1]:5/crm/t", id="IPv6"),
        pytest.param(
            "//a:1,b:2/crm/t", {"host": "a,b", "port": "1,2", "dbname": "crm"}, "//a:1,b:2/crm/t", id="several hosts"
        ),
        pytest.param(
            "//h/crm/t?sslmode=require&user=u&password=p",
            {"host": "h", "dbname": "crm", "sslmode": "require", "user": "u", "password": "p"},
            "//h/crm/t",
            id="a query is never shown",
        ),
    ],
)
def test_table_urls(url: str, options: dict[str, str], shown: str) -> None:
    table = PostgresqlTable.from_url(f"postgresql:{url}")
    assert table.options == options
    assert str(table) == f"postgresql:{shown}"
    assert dataset_name(f"postgresql:{url}") == shown.rpartition("/")[2]


@pytest.mark.case("14-password-with-special-characters")
@pytest.mark.parametrize(
    "dataset",
    [
        pytest.param("postgresql://crm:Wint3r/Sale@h:5432/crm/members", id="a slash"),
        pytest.param("postgresql://crm:Wint3r#Sale@h:5432/crm/members", id="a hash"),
        pytest.param("postgresql://crm:Wint3r@Sa%le@h:5432/crm/members", id="an at and a percent"),
        pytest.param("postgresql://crm:Wint3r?Sale@h:5432/crm/members", id="a question mark"),
        pytest.param("postgresql://crm:Wint3rSale@h:5432/crm", id="no table"),
        pytest.param("postgresql://h/crm?password=Wint3rSale", id="no table, password in the query"),
        pytest.param("mysql://crm:Wint3rSale@h:5432/crm/members", id="another database"),
        pytest.param("https://crm:Wint3rSale@h/members.csv?token=Sale", id="an address of a file"),
        pytest.param("s3://crm:Wint3rSale@h/members.csv", id="a file of a bucket"),
        pytest.param("postgresql:/crm:Wint3rSale@h:5432/crm/members", id="a slash too few"),
        pytest.param("crm:Wint3rSale@h:5432/crm/members", id="no scheme"),
    ],
)
def test_no_part_of_a_password_is_shown(dataset: str) -> None:
    with pytest.raises(DataUnreadable) as refused:
        load(dataset)
    assert not any(part in str(refused.value) for part in ("Wint3r", "Sale", "Sa%le"))


def test_the_name_that_is_kept_has_no_token() -> None:
    assert dataset_name("https://crm:Wint3rSale@h/members.csv?token=Sale") == "members.csv"
    assert dataset_name("folder/mail@home.csv") == "mail@home.csv"


def test_the_drivers_words_are_shown_without_the_password() -> None:
    table = PostgresqlTable.from_url("postgresql+psycopg2://u:Wint3r@h/crm/t")
    assert table.without_secrets('no "Wint3r" here') == 'no "***" here'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.csv", "", "is empty", id="empty csv"),
        pytest.param("a.csv", 'a,b\n1,2,3,4\n"', "cannot be read as CSV", id="broken csv"),
        pytest.param("a.parquet", "not parquet", "cannot be read as Parquet", id="broken parquet"),
        pytest.param("a.xlsx", "x", "none of what can be read: .csv", id="another format"),
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
    assert load(str(tmp_path / "a.csv")).to_dict("list") == {"id": ["007"], "n": ["NA"]}


def test_parquet_files_by_a_pattern_are_one_table(tmp_path: Path) -> None:
    for number in (2, 1):
        pd.DataFrame({"id": [number], "n": [0.5]}).to_parquet(tmp_path / f"day{number}.parquet")
    assert load(str(tmp_path / "day*.parquet"))["id"].to_list() == [1, 2]


def test_files_of_a_pattern_that_differ_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1]}).to_parquet(tmp_path / "day1.parquet")
    pd.DataFrame({"name": [1]}).to_parquet(tmp_path / "day2.parquet")
    with pytest.raises(DataUnreadable, match="not the same columns; one alone has id, name"):
        load(str(tmp_path / "day*.parquet"))


def test_a_pattern_without_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataUnreadable, match=r"no file is called like .*none\*\.parquet"):
        load(str(tmp_path / "none*.parquet"))
