"""Rows of a table as bytes of CSV without a header, as PostgreSQL's COPY takes them."""

import io

import pyarrow as pa
from pyarrow import csv


def csv_bytes(rows: pa.Table | pa.RecordBatch) -> bytes:
    """Nothing between two commas is NULL, text is quoted, dictionaries are written as their words."""
    plain = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in rows.columns
    ]
    written = io.BytesIO()
    table = pa.table(dict(zip(rows.schema.names, plain, strict=True)))
    csv.write_csv(table, written, csv.WriteOptions(include_header=False))
    return written.getvalue()
