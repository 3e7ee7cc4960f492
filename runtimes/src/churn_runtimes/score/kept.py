"""What `--keep` lets through, in the type that the output holds it in, or refused where it has none for it."""

from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc
from churn_models.errors import DataInvalid
from churn_models.tables.source import Source
from churn_models.tables.sql_type import SqlType
from churn_models.tables.text_of import is_bytes, text_of
from churn_models.violation import Violation

SQL_TYPE = b"sql_type"
"""Of a field in a batch for PostgreSQL: the type of its column, whose values are text here."""


class Output(StrEnum):
    """What a scored table is written as."""

    PARQUET = "Parquet"
    CSV = "CSV"
    POSTGRESQL = "a table of PostgreSQL"


def kept(source: Source, batch: pa.RecordBatch, name: str, output: Output) -> tuple[pa.Field, pa.Array]:
    """A column of a batch as it is written. Raises DataInvalid."""
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if known := source.types.get(name):
        return _of_postgresql(name, column, known, output)
    if output is not Output.PARQUET:
        return _out_of_parquet(name, column, output)
    return pa.field(name, column.type), column


def _of_postgresql(name: str, text: pa.Array, known: SqlType, output: Output) -> tuple[pa.Field, pa.Array]:
    """Text means the same to every PostgreSQL; a file has the type where pyarrow has one."""
    if output is Output.POSTGRESQL:
        return _as_sql(name, text, known.name)
    kind = known.arrow
    if kind is None or (output is Output.CSV and not _is_plain(kind)):
        return pa.field(name, text.type), text
    try:
        return pa.field(name, kind), text.cast(kind)
    except pa.ArrowException as error:
        beyond = f"is {known.name} in PostgreSQL, and a row has what {kind} of Parquet cannot hold"
        told = str(error).partition(". ")[0]
        raise _refused(
            name, f"{beyond} ({told}); leave it out of --keep, make text of it in a view, or write CSV"
        ) from error


def _is_plain(kind: pa.DataType) -> bool:
    """Whether all values that PostgreSQL has of it are numbers or truths in CSV."""
    return any(is_kind(kind) for is_kind in (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating))


def _out_of_parquet(name: str, column: pa.Array, output: Output) -> tuple[pa.Field, pa.Array]:
    kind = column.type
    if isinstance(kind, pa.UuidType):
        return _as_sql(name, text_of(column), "uuid")
    if isinstance(kind, pa.JsonType):
        return _as_sql(name, column.storage.cast(pa.string()), "jsonb")
    if isinstance(kind, pa.Bool8Type):
        return pa.field(name, pa.bool_()), pc.cast(column.storage, pa.bool_())
    if pa.types.is_string_view(kind):
        return pa.field(name, pa.string()), column.cast(pa.string())
    if is_bytes(kind) and output is Output.POSTGRESQL:
        cells = [None if cell is None else f"\\x{cell.hex()}" for cell in column.to_pylist()]
        return _as_sql(name, pa.array(cells, pa.string()), "bytea")
    lost = (pa.types.is_nested, pa.types.is_duration, is_bytes)
    if isinstance(kind, pa.BaseExtensionType) or any(is_kind(kind) for is_kind in lost):
        raise _refused(
            name, f"is {kind} in Parquet, which {output} does not hold; leave it out of --keep, or write Parquet"
        )
    return pa.field(name, kind), column


def _as_sql(name: str, text: pa.Array, kind: str) -> tuple[pa.Field, pa.Array]:
    return pa.field(name, text.type, metadata={SQL_TYPE: kind}), text


def _refused(name: str, reason: str) -> DataInvalid:
    return DataInvalid([Violation(name, reason)])
