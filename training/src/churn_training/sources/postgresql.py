"""A table in PostgreSQL: read for training, replaced by ingest. The only importer of psycopg."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import pandas as pd
import psycopg
from churn_models.feature_schema import FeatureSchema, NumericFeature
from psycopg import sql

from churn_training.errors import DataUnreadable

_CONNECT_SECONDS = 5


@dataclass(frozen=True)
class PostgresqlTable:
    """One table and how to reach its database; credentials not in the URL come from PGUSER and PGPASSWORD."""

    database_url: str
    table: tuple[str, ...]

    @classmethod
    def from_url(cls, url: str) -> "PostgresqlTable":
        """Read `postgresql://[user[:password]@]host[:port]/database/[schema.]table`. Raises DataUnreadable."""
        parts = urlsplit(url)
        names = [name for name in parts.path.split("/") if name]
        if len(names) != 2:
            raise DataUnreadable(f"{_without_password(url)} must end in /database/table")
        database_url = urlunsplit(parts._replace(path=f"/{names[0]}"))
        return cls(database_url, tuple(names[1].split(".")))

    def __str__(self) -> str:
        return f"{_without_password(self.database_url)}/{'.'.join(self.table)}"


def read_postgresql(source: PostgresqlTable) -> pd.DataFrame:
    """All columns and rows of the table. Raises DataUnreadable."""
    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*source.table))
    try:
        with _connect(source) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description or ()]
            return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
    except psycopg.Error as error:
        raise DataUnreadable(f"{source} cannot be read: {_first_line(error)}") from error


def replace_postgresql(source: PostgresqlTable, schema: FeatureSchema, frame: pd.DataFrame) -> None:
    """Make the table hold exactly these validated rows, in one transaction.

    A table of that name with other columns is left as it is. Raises DataUnreadable.
    """
    table = sql.Identifier(*source.table)
    columns = sql.SQL(", ").join(map(sql.Identifier, schema.columns))
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
    try:
        with _connect(source) as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(table, _column_definitions(schema, frame))
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(table))
            with cursor.copy(copy) as writer:
                for row in frame.loc[:, list(schema.columns)].itertuples(index=False):
                    writer.write_row([None if pd.isna(value) else value for value in row])
    except psycopg.Error as error:
        raise DataUnreadable(f"{source} cannot be written: {_first_line(error)}") from error


def _connect(source: PostgresqlTable) -> psycopg.Connection:
    return psycopg.connect(source.database_url, connect_timeout=_CONNECT_SECONDS)


def _column_definitions(schema: FeatureSchema, frame: pd.DataFrame) -> sql.Composed:
    kinds = {feature.name: "double precision" for feature in schema.features if isinstance(feature, NumericFeature)}
    if schema.time:
        moments = isinstance(frame[schema.time].dtype, pd.DatetimeTZDtype)
        kinds[schema.time] = "timestamptz" if moments else "double precision"
    if schema.treated:
        kinds[schema.treated] = "boolean"
    definitions = []
    for name in schema.columns:
        kind = kinds.get(name, "text")
        key = " PRIMARY KEY" if name == schema.identity else ""
        definitions.append(sql.SQL("{} " + kind + key).format(sql.Identifier(name)))
    return sql.SQL(", ").join(definitions)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":***@")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
