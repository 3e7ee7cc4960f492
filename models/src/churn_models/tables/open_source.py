"""From the name of a data set to an opened source, and what may be said of the name in a message."""

import re
from pathlib import Path

from churn_models.errors import DataUnreadable
from churn_models.feature_schema import CsvForm
from churn_models.tables.csv_source import open_csv
from churn_models.tables.file_pattern import is_pattern, matching
from churn_models.tables.parquet_source import open_parquet
from churn_models.tables.postgresql_source import open_postgresql
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_models.tables.share import WHOLE, Share, refuse_shares
from churn_models.tables.source import Source

_FORMS = ".csv, .tsv (each also with .gz), .parquet or postgresql://host/database/table"
_TEXT = (".csv", ".tsv", ".txt")


def open_source(dataset: str, form: CsvForm, share: Share = WHOLE) -> Source:
    """A text or Parquet file, Parquet files by a pattern such as `day/*.parquet`, or a table by postgresql:// URL.

    `form` is what schema.yaml says of text files; `share` is what is read of Parquet. Raises DataUnreadable.
    """
    if PostgresqlTable.is_url(dataset):
        refuse_shares(share, "a table of PostgreSQL")
        return open_postgresql(PostgresqlTable.from_url(dataset))
    path = Path(dataset)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    ends = suffixes[-2:-1] if suffixes[-1:] == [".gz"] else suffixes[-1:]
    is_text = bool(ends) and ends[0] in _TEXT
    if not is_text and suffixes[-1:] != [".parquet"]:
        raise DataUnreadable(f"{shown(dataset)} is none of what can be read: {_FORMS}")
    if not is_text and is_pattern(dataset):
        return open_parquet(_matching(dataset), share)
    if not path.is_file():
        raise DataUnreadable(f"{shown(dataset)} does not exist" if not path.exists() else f"{dataset} is no file")
    if not is_text:
        return open_parquet([path], share)
    refuse_shares(share, "text")
    return open_csv(path, form)


def files_of(dataset: str) -> list[Path]:
    """What `open_source` would read now, there or not: nothing of a table in PostgreSQL."""
    if PostgresqlTable.is_url(dataset):
        return []
    return matching(dataset) if is_pattern(dataset) else [Path(dataset)]


def dataset_name(dataset: str) -> str:
    """The name under which manifest.json and MLflow remember it: a file's or a table's own, never an address."""
    if PostgresqlTable.is_url(dataset):
        return ".".join(PostgresqlTable.from_url(dataset).table)
    return Path(shown(dataset)).name


def shown(dataset: str) -> str:
    """A data set's name for a message: of an address nothing that could be a password."""
    scheme, colon, rest = dataset.partition(":/")
    if not colon:
        return re.sub(r".*:.*@", "", dataset)
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0].lstrip('/')}"


def _matching(pattern: str) -> list[Path]:
    if found := matching(pattern):
        return found
    raise DataUnreadable(f"no file is called like {shown(pattern)}")
