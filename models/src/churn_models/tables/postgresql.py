"""A database that is written and read by COPY: its connection, and a table whose rows are replaced by others at once.

The source of a table, training's `ingest` and table scoring connect through here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from churn_models.errors import DataUnavailable, DataUnreadable, DataUnwritable
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_models.tables.sql_type import SqlType

_CONNECT_SECONDS = 5
_LOCK_SECONDS = 10
"""How long whoever uses the table is waited for."""
_GATHERED = sql.Identifier("pg_temp", "churnserve_rows")


@contextmanager
def connected(table: PostgresqlTable, done: str) -> Iterator[psycopg.Connection]:
    """One transaction; what goes wrong in it is told as `cannot be read` or whatever is `done`, as DataUnreadable.

    It is DataUnavailable where it may pass: a server that is away, restarts or is out of room, a lock, a deadlock. So
    is all that goes wrong before there is a connection, a wrong password too: libpq gives no code to tell them by.
    """
    try:
        with _connect(table) as connection:
            yield connection
    except psycopg.Error as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        kind = DataUnavailable if isinstance(error, psycopg.OperationalError) else DataUnreadable
        raise kind(f"{table} cannot be {done}: {table.without_secrets(first)}") from error


def replace_rows(table: PostgresqlTable, columns: Mapping[str, str], rows: Iterable[bytes]) -> None:
    """Make the table hold exactly these rows of CSV without a header, in one transaction; nothing is NULL there.

    They are gathered in a temporary table first. Until all are there, others read and write the table as they like,
    and the rows themselves may be made from it. `columns` are their names with the types of a table that does not
    exist yet; one that has more, fewer or others is left as it is. Raises DataUnreadable.
    """
    name, names = sql.Identifier(*table.table), sql.SQL(", ").join(map(sql.Identifier, columns))
    with connected(table, "written") as connection, connection.cursor() as cursor:
        types = _types_there(cursor, table)
        _refuse_what_cannot_be_replaced(cursor, table, types, columns)
        create = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
        cursor.execute(create.format(_GATHERED, _definitions(types or columns)))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(_GATHERED, names)) as writer:
            for part in rows:
                writer.write(part)
        try:
            cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(f"{_LOCK_SECONDS}s"))
            cursor.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(name, _definitions(columns)))
            cursor.execute(sql.SQL("TRUNCATE {}").format(name))
        except psycopg.errors.LockNotAvailable as error:
            raise DataUnwritable(
                f"{table} cannot be written: another session has been using it for {_LOCK_SECONDS} s; it is as it was. "
                "End that session's transaction (pg_stat_activity shows it) and write again"
            ) from error
        cursor.execute(sql.SQL("INSERT INTO {} ({names}) SELECT {names} FROM {}").format(name, _GATHERED, names=names))


def same_table(one: PostgresqlTable, other: PostgresqlTable) -> bool:
    """Whether two addresses mean one table of one running server. Raises DataUnreadable."""
    found = _place(one)
    return found is not None and found == _place(other)


def own_types(cursor: psycopg.Cursor, table: PostgresqlTable) -> dict[str, SqlType]:
    """The columns whose types are PostgreSQL's own, or domains over these, and not what another database may lack."""
    query = """SELECT attname, format_type(own.oid, CASE given.typtype WHEN 'd' THEN given.typtypmod ELSE atttypmod END)
        FROM pg_attribute JOIN pg_type given ON given.oid = atttypid
        JOIN pg_type own ON own.oid = CASE given.typtype WHEN 'd' THEN given.typbasetype ELSE atttypid END
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND own.typnamespace = 'pg_catalog'::regnamespace"""
    return {name: SqlType(kind) for name, kind in cursor.execute(query, [_quoted(cursor, table)]).fetchall()}


def _place(table: PostgresqlTable) -> tuple[Any, ...] | None:
    # A server has many addresses, but was started at one moment.
    query = "SELECT extract(epoch FROM pg_postmaster_start_time()), current_database(), to_regclass(%s)::oid"
    with connected(table, "found") as connection, connection.cursor() as cursor:
        place = cursor.execute(query, [_quoted(cursor, table)]).fetchone()
    return place if place and place[-1] is not None else None


def _types_there(cursor: psycopg.Cursor, table: PostgresqlTable) -> dict[str, str]:
    """The columns of the table with their types; none where there is no such table."""
    query = """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"""
    return dict(cursor.execute(query, [_quoted(cursor, table)]).fetchall())


def _refuse_what_cannot_be_replaced(
    cursor: psycopg.Cursor, table: PostgresqlTable, there: Mapping[str, str], columns: Mapping[str, str]
) -> None:
    if not there:
        return
    more, lacking = sorted(set(there) - set(columns)), sorted(set(columns) - set(there))
    if more or lacking:
        found = [f"has {', '.join(more)}"] * bool(more) + [f"lacks {', '.join(lacking)}"] * bool(lacking)
        raise DataUnreadable(
            f"{table} cannot be written: a table of that name {' and '.join(found)}; drop it or name another"
        )
    query = "SELECT has_table_privilege(%(t)s, 'TRUNCATE') AND has_table_privilege(%(t)s, 'INSERT')"
    if cursor.execute(query, {"t": _quoted(cursor, table)}).fetchone() != (True,):
        raise DataUnreadable(f"{table} cannot be written: this user may not TRUNCATE it and INSERT into it")


def _definitions(types: Mapping[str, str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(name)) for name, kind in types.items())


def _quoted(cursor: psycopg.Cursor, table: PostgresqlTable) -> str:
    return sql.Identifier(*table.table).as_string(cursor)


def _connect(table: PostgresqlTable) -> psycopg.Connection:
    try:
        return psycopg.connect(**{"connect_timeout": _CONNECT_SECONDS, **table.options})  # type: ignore[arg-type]
    except TypeError as error:
        raise DataUnreadable(f"{table}: {error}") from error
