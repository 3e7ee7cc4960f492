"""A database that is written and read by COPY: its connection, and a table whose rows are replaced by others at once.

The source of a table, training's `ingest` and table scoring connect through here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

from churn_models.errors import DataUnreadable
from churn_models.tables.postgresql_url import PostgresqlTable

_CONNECT_SECONDS = 5


@contextmanager
def connected(table: PostgresqlTable, done: str) -> Iterator[psycopg.Connection]:
    """One transaction; what goes wrong in it is told as `cannot be read` or whatever is `done`, as DataUnreadable."""
    try:
        with _connect(table) as connection:
            yield connection
    except psycopg.Error as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataUnreadable(f"{table} cannot be {done}: {table.without_secrets(first)}") from error


def replace_rows(table: PostgresqlTable, columns: Mapping[str, str], rows: Iterable[bytes]) -> None:
    """Make the table hold exactly these rows of CSV without a header, in one transaction; nothing is NULL there.

    `columns` are their names with the types of a table that does not exist yet; one with other columns is left as it
    is. Raises DataUnreadable.
    """
    name = sql.Identifier(*table.table)
    definitions = [sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in columns.items()]
    create = sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(name, sql.SQL(", ").join(definitions))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connected(table, "written") as connection, connection.cursor() as cursor:
        cursor.execute(create)
        cursor.execute(sql.SQL("TRUNCATE {}").format(name))
        with cursor.copy(copy) as writer:
            for part in rows:
                writer.write(part)


def _connect(table: PostgresqlTable) -> psycopg.Connection:
    try:
        return psycopg.connect(**{"connect_timeout": _CONNECT_SECONDS, **table.options})  # type: ignore[arg-type]
    except TypeError as error:
        raise DataUnreadable(f"{table}: {error}") from error
