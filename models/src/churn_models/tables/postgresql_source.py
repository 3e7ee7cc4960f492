"""A table in PostgreSQL, read by COPY in blocks."""

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa
from psycopg import sql

from churn_models.errors import DataUnreadable
from churn_models.tables.postgresql import connected, own_types
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_models.tables.source import Origin, Source
from churn_models.tables.sql_type import SqlType
from churn_models.tables.text_cells import as_stream, read_cells

_BOOLEAN = SqlType("boolean")
_WRITTEN = "SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'postgres'"
"""So that dates and moments are read as they are meant, whatever the server or the user is set to."""


def open_postgresql(table: PostgresqlTable) -> Source:
    """A table or view, its cells as text; `read` gives the rows of one moment. Raises DataUnreadable."""
    with connected(table, "read") as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*table.table)))
        names = tuple(column.name for column in cursor.description or ())
        types = own_types(cursor, table)

    def read(columns: Sequence[str], words: Collection[str]) -> Iterator[pa.RecordBatch]:
        # COPY writes a boolean as t or f, which people do not.
        selected = [
            sql.SQL("{0}::text AS {0}" if types.get(name) == _BOOLEAN else "{}").format(sql.Identifier(name))
            for name in columns
        ]
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(
            sql.SQL(", ").join(selected), sql.Identifier(*table.table)
        )
        return _copied(table, query, columns)

    return Source(names, Origin(str(table)), read, types)


def _copied(table: PostgresqlTable, query: sql.Composed, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        with connected(table, "read") as connection, connection.cursor() as cursor:
            cursor.execute(_WRITTEN)
            with cursor.copy(query) as blocks:
                yield from read_cells(as_stream(blocks), columns, by_copy=True)
    except pa.ArrowException as error:
        raise DataUnreadable(f"{table} cannot be read: {error}") from error
