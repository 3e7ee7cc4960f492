"""First step of the pipeline: from the name of a data set to a frame of raw cells."""

import re
from pathlib import Path

import pandas as pd
from churn_models.feature_schema import CsvForm

from churn_training.errors import DataUnreadable
from churn_training.sources.csv_file import read_csv
from churn_training.sources.parquet_file import read_parquet
from churn_training.sources.postgresql import read_postgresql
from churn_training.sources.postgresql_url import PostgresqlTable

_FORMS = ".csv, .tsv (each also with .gz), .parquet or postgresql://host/database/table"
_TEXT = (".csv", ".tsv", ".txt")


def load(dataset: str, form: CsvForm | None = None) -> pd.DataFrame:
    """Read a text or Parquet file, or a table by postgresql:// URL; columns that no schema names included.

    `form` is what schema.yaml says of text files. Raises DataUnreadable.
    """
    if PostgresqlTable.is_url(dataset):
        return read_postgresql(PostgresqlTable.from_url(dataset))
    path = Path(dataset)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    ends = suffixes[-2:-1] if suffixes[-1:] == [".gz"] else suffixes[-1:]
    is_text = bool(ends) and ends[0] in _TEXT
    if not is_text and suffixes[-1:] != [".parquet"]:
        raise DataUnreadable(f"{shown(dataset)} is none of what can be read: {_FORMS}")
    if not path.is_file():
        raise DataUnreadable(f"{shown(dataset)} does not exist" if not path.exists() else f"{dataset} is no file")
    return read_csv(path, form or CsvForm()) if is_text else read_parquet(path)


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
