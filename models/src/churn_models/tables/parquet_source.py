"""Parquet: cells with the types of the file, kept as pyarrow's, which need a tenth of Python's memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churn_models.errors import DataUnreadable
from churn_models.tables.share import WHOLE, RowGroup, Share, SharedRows
from churn_models.tables.source import BATCH_ROWS, Origin, Source


def open_parquet(paths: Sequence[Path], share: Share = WHOLE) -> Source:
    """One file, or several with the same columns one after the other; of them a share. Raises DataUnreadable.

    A column that is read has one type, that of all the files: int32 and int64 are int64, nulls and text are text. What
    is no cell of a table (bytes, lists and the like) is given as it is, and `text_of` makes text of it.
    """
    footers = {path: _footer(path) for path in paths}
    schemas = {path: schema for path, (schema, _) in footers.items()}
    sizes = {path: rows for path, (_, rows) in footers.items()}
    shared = SharedRows.of(share, sizes)
    first = schemas[paths[0]].names
    for path, schema in schemas.items():
        if other := sorted(set(schema.names) ^ set(first)):
            raise DataUnreadable(f"{paths[0]} and {path} have not the same columns; one alone has {', '.join(other)}")

    def read(columns: Sequence[str], words: Collection[str]) -> Iterator[pa.RecordBatch]:
        types = {name: _type_of_all(name, schemas) for name in columns if name not in words}
        for path in paths:
            yield from _read(path, shared.groups[path], columns, words, types)

    taken = f"{', '.join(path.name for path in paths)}, read as Parquet"
    rows = sum(map(sum, sizes.values()))
    return Source(tuple(first), Origin(taken, files=tuple(paths)), read, rows=rows, in_table=shared.in_table)


def _footer(path: Path) -> tuple[pa.Schema, list[int]]:
    """The schema, and the rows of each row group."""
    try:
        with pq.ParquetFile(path) as file:
            schema, found = file.schema_arrow, file.metadata
            rows = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    if twice := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise DataUnreadable(f"{path} has two columns of one name: {', '.join(twice)}")
    return schema, rows


def _type_of_all(name: str, schemas: Mapping[Path, pa.Schema]) -> pa.DataType:
    first, *others = schemas
    kind = _plain_type(schemas[first].field(name).type)
    for path in others:
        other = _plain_type(schemas[path].field(name).type)
        try:
            both = [pa.schema([(name, found)]) for found in (kind, other)]
            kind = pa.unify_schemas(both, promote_options="permissive").field(name).type
        except pa.ArrowException as error:
            raise DataUnreadable(
                f"{name} is {kind} in {first} and {other} in {path}; write these files with one type for it"
            ) from error
    return kind


def _read(
    path: Path,
    groups: Sequence[RowGroup],
    columns: Sequence[str],
    words: Collection[str],
    types: Mapping[str, pa.DataType],
) -> Iterator[pa.RecordBatch]:
    numbers = [group.number for group in groups]
    try:
        with pq.ParquetFile(path, read_dictionary=list(words)) as file:
            if not any(group.rows for group in groups):
                empty = pa.RecordBatch.from_pylist([], file.schema_arrow).select(list(columns))
                yield _typed(_plain(empty, words), types)
            for batch in file.iter_batches(BATCH_ROWS, row_groups=numbers, columns=list(columns)):
                yield _typed(_plain(batch.select(list(columns)), words), types)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _plain(batch: pa.RecordBatch, words: Collection[str]) -> pa.RecordBatch:
    """pandas' categories as what they stand for."""
    for place, field in enumerate(batch.schema):
        if field.name not in words and pa.types.is_dictionary(field.type):
            batch = batch.set_column(place, field.name, batch.column(place).cast(field.type.value_type))
    return batch


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """What `_plain` makes of a column that is not one of the words."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _typed(batch: pa.RecordBatch, types: Mapping[str, pa.DataType]) -> pa.RecordBatch:
    for place, field in enumerate(batch.schema):
        if field.type != types.get(field.name, field.type):
            batch = batch.set_column(place, field.name, batch.column(place).cast(types[field.name]))
    return batch


def _unreadable(path: Path, error: Exception) -> DataUnreadable:
    return DataUnreadable(f"{path} cannot be read as Parquet: {error}")
