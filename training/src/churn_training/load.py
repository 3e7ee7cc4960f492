"""First step of the pipeline: from the name of a data set to a frame of raw cells."""

from pathlib import Path

import pandas as pd

from churn_training.errors import DataUnreadable
from churn_training.sources.files import read_csv, read_parquet
from churn_training.sources.postgresql import PostgresqlTable, read_postgresql


def load(dataset: str) -> pd.DataFrame:
    """Read a .csv or .parquet file, or a table by postgresql:// URL. Raises DataUnreadable."""
    if dataset.startswith(("postgresql://", "postgres://")):
        return read_postgresql(PostgresqlTable.from_url(dataset))
    path = Path(dataset)
    readers = {".csv": read_csv, ".parquet": read_parquet}
    if path.suffix not in readers:
        raise DataUnreadable(f"{dataset} is neither a .csv or .parquet file nor a postgresql:// URL")
    if not path.is_file():
        raise DataUnreadable(f"{dataset} does not exist")
    return readers[path.suffix](path)
