"""A table in PostgreSQL, read by COPY in blocks."""

from collections.abc import Collection, Iterator, Sequence

import psycopg
import pyarrow as pa
from psycopg import sql

from churn_models.errors import DataUnreadable
from churn_models.tables.postgresql import connected
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_models.tables.source import Origin, Source
from churn_models.tables.text_cells import as_stream, read_cells

_BOOLEAN = psycopg.postgres.types["bool"].oid
_TYPES = {
    psycopg.postgres.types[name].oid: kind
    for name, kind in {
        "bool": pa.bool_(),
        "int2": pa.int16(),
        "int4": pa.int32(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float8": pa.float64(),
    }.items()
}
"""Those of which every value has a spelling that pyarrow reads; dates may be infinite."""


def open_postgresql(table: PostgresqlTable) -> Source:
    """A table or view, its cells as text; `read` gives the rows of one moment. Raises DataUnreadable."""
    with connected(table, "read") as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*table.table)))
        types = {column.name: column.type_code for column in cursor.description or ()}
    known = {name: _TYPES[code] for name, code in types.items() if code in _TYPES}

    def read(columns: Sequence[str], words: Collection[str]) -> Iterator[pa.RecordBatch]:
        # COPY writes a boolean as t or f, which people do not.
        selected = [
            sql.SQL("{0}::text AS {0}" if types[name] == _BOOLEAN else "{}").format(sql.Identifier(name))
            for name in columns
        ]
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(
            sql.SQL(", ").join(selected), sql.Identifier(*table.table)
        )
        return _copied(table, query, columns)

    return Source(tuple(types), Origin(str(table)), read, known)


def _copied(table: PostgresqlTable, query: sql.Composed, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        with connected(table, "read") as connection, connection.cursor() as cursor, cursor.copy(query) as blocks:
            yield from read_cells(as_stream(blocks), columns, by_copy=True)
    except pa.ArrowException as error:
        raise DataUnreadable(f"{table} cannot be read: {error}") from error
