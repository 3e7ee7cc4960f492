"""A table in PostgreSQL: read for training, replaced by ingest, by COPY in blocks. The only importer of psycopg."""

import io

import pandas as pd
import psycopg
import pyarrow as pa
from churn_models.feature_schema import FeatureSchema, NumericFeature
from psycopg import sql
from pyarrow import csv as arrow_csv

from churn_training.errors import DataUnreadable
from churn_training.progress import progress
from churn_training.sources.origin import Origin, with_origin
from churn_training.sources.postgresql_url import PostgresqlTable
from churn_training.sources.text_cells import as_stream, read_cells

_CONNECT_SECONDS = 5
_ROWS = 50_000
_BOOLEAN = psycopg.postgres.types["bool"].oid


def read_postgresql(source: PostgresqlTable) -> pd.DataFrame:
    """All columns and rows of the table or view, as text. Raises DataUnreadable."""
    try:
        with _connect(source) as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*source.table)))
            names = [column.name for column in cursor.description or ()]
            # COPY writes a boolean as t or f, which people do not.
            columns = [
                sql.SQL("{0}::text AS {0}" if column.type_code == _BOOLEAN else "{}").format(
                    sql.Identifier(column.name)
                )
                for column in cursor.description or ()
            ]
            query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(
                sql.SQL(", ").join(columns), sql.Identifier(*source.table)
            )
            with cursor.copy(query) as blocks:
                frame = read_cells(as_stream(blocks), names)
    except psycopg.Error as error:
        raise DataUnreadable(_told(source, "read", error)) from error
    except pa.ArrowException as error:
        raise DataUnreadable(f"{source} cannot be read: {error}") from error
    return with_origin(frame, Origin(str(source)))


def replace_postgresql(source: PostgresqlTable, schema: FeatureSchema, frame: pd.DataFrame) -> None:
    """Make the table hold exactly these validated rows, in one transaction.

    A table of that name with other columns is left as it is. Raises DataUnreadable.
    """
    table = sql.Identifier(*source.table)
    columns = sql.SQL(", ").join(map(sql.Identifier, schema.columns))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, columns)
    parts = (frame.iloc[start : start + _ROWS] for start in range(0, len(frame), _ROWS))
    try:
        with _connect(source) as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(table, _column_definitions(schema, frame))
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(table))
            with cursor.copy(copy) as writer:
                for part in progress(parts, len):
                    writer.write(_as_csv(part.loc[:, list(schema.columns)]))
    except psycopg.Error as error:
        raise DataUnreadable(_told(source, "written", error)) from error


def _as_csv(frame: pd.DataFrame) -> bytes:
    """Rows as COPY takes them: nothing between two commas is NULL."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    plain = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    written = io.BytesIO()
    options = arrow_csv.WriteOptions(include_header=False)
    arrow_csv.write_csv(pa.table(dict(zip(table.column_names, plain, strict=True))), written, options)
    return written.getvalue()


def _connect(source: PostgresqlTable) -> psycopg.Connection:
    try:
        return psycopg.connect(**{"connect_timeout": _CONNECT_SECONDS, **source.options})  # type: ignore[arg-type]
    except TypeError as error:
        raise DataUnreadable(f"{source}: {error}") from error


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


def _told(source: PostgresqlTable, done: str, error: psycopg.Error) -> str:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"{source} cannot be {done}: {source.without_secrets(first)}"
