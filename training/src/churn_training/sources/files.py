"""CSV and Parquet files."""

from pathlib import Path

import pandas as pd
import pyarrow

from churn_training.errors import DataUnreadable


def read_csv(path: Path) -> pd.DataFrame:
    """Every cell as the text that stands in the file; typing is the schema's work. Raises DataUnreadable."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError as error:
        raise DataUnreadable(f"{path} is empty") from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DataUnreadable(f"{path} cannot be read as CSV: {error}") from error


def read_parquet(path: Path) -> pd.DataFrame:
    """Cells with the types of the file. Raises DataUnreadable."""
    try:
        return pd.read_parquet(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataUnreadable(f"{path} cannot be read as Parquet: {error}") from error
