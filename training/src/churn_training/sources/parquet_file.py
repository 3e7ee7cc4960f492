"""Parquet: cells with the types of the file, kept as pyarrow's, which need a tenth of Python's memory."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churn_training.errors import DataUnreadable
from churn_training.sources.origin import Origin, with_origin


def read_parquet(path: Path) -> pd.DataFrame:
    """All columns. Raises DataUnreadable."""
    try:
        table = pq.ParquetFile(path).read().replace_schema_metadata(None)
    except (OSError, pa.ArrowException) as error:
        raise DataUnreadable(f"{path} cannot be read as Parquet: {error}") from error
    if twice := sorted({name for name in table.column_names if table.column_names.count(name) > 1}):
        raise DataUnreadable(f"{path} has two columns of one name: {', '.join(twice)}")
    frame = _plain(table).to_pandas(types_mapper=pd.ArrowDtype)
    return with_origin(frame, Origin(f"{path.name}, read as Parquet"))


def _plain(table: pa.Table) -> pa.Table:
    """pandas' categories as their words; lists and the like, which are no cells of a table, as text."""
    for place, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            cells = [None if cell is None else str(cell) for cell in table.column(place).to_pylist()]
            table = table.set_column(place, field.name, pa.array(cells, pa.string()))
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table
