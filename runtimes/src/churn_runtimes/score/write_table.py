"""Scored batches into a file or a table of PostgreSQL, whole or not at all.

A file is written beside its place and renamed; a table's rows are replaced when all of them are in the database.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
from churn_models.errors import DataUnreadable, DataUnwritable
from churn_models.outputs import PROBABILITY
from churn_models.tables.csv_bytes import csv_bytes
from churn_models.tables.open_source import shown
from churn_models.tables.postgresql import replace_rows
from churn_models.tables.postgresql_url import PostgresqlTable
from churn_models.tables.sql_type import sql_type
from pyarrow import csv
from pyarrow import parquet as pq

from churn_runtimes.score.kept import SQL_TYPE, Output

Batches = Iterator[pa.RecordBatch]
Write = Callable[[Batches], None]
Footer = Callable[[], dict[str, str]]
"""Key-value metadata of a Parquet file, asked for when all batches are written."""


class _Writer(Protocol):
    """pyarrow's for Parquet and for CSV."""

    def write_batch(self, batch: pa.RecordBatch) -> None: ...
    def close(self) -> None: ...


def _open_parquet(file: BinaryIO, schema: pa.Schema) -> _Writer:
    """Without a dictionary of the identities, which come first, and the scores: hardly two of them are alike."""
    alike = [name for name in schema.names[1:] if name != PROBABILITY]
    writer: _Writer = pq.ParquetWriter(file, schema, use_dictionary=alike)
    return writer


_WRITERS: dict[Output, Callable[[BinaryIO, pa.Schema], _Writer]] = {
    Output.PARQUET: _open_parquet,
    Output.CSV: csv.CSVWriter,
}


def output_of(destination: str) -> Output:
    """What the destination's name says. Raises DataUnreadable."""
    if PostgresqlTable.is_url(destination):
        return Output.POSTGRESQL
    if output := {".parquet": Output.PARQUET, ".csv": Output.CSV}.get(Path(destination).suffix.lower()):
        return output
    raise DataUnreadable(
        f"{shown(destination)} is none of what can be written: .parquet, .csv or postgresql://host/database/table"
    )


def writer_to(destination: str, footer: Footer | None = None) -> Write:
    """What writes batches of one schema, at least one of them, to this place. Raises DataUnreadable.

    `footer` is for Parquet alone.
    """
    if PostgresqlTable.is_url(destination):
        table = PostgresqlTable.from_url(destination)
        return lambda batches: _write_postgresql(table, batches)
    path, open_writer = Path(destination), _WRITERS[output_of(destination)]
    if not path.parent.is_dir():
        raise DataUnreadable(f"{path.parent}, the folder of {path.name}, does not exist")
    if path.exists() and not path.is_file():
        raise DataUnreadable(f"{path} is no file that could be replaced; name one, such as {path / 'scores.parquet'}")
    # Of a symbolic link, the file that it names is replaced.
    return lambda batches: _write_file(path.resolve(), open_writer, batches, footer)


def _write_file(
    path: Path,
    open_writer: Callable[[BinaryIO, pa.Schema], _Writer],
    batches: Batches,
    footer: Footer | None,
) -> None:
    first = next(batches)
    try:
        with replaced(path) as file, closing(open_writer(file, first.schema)) as writer:
            for batch in chain([first], batches):
                writer.write_batch(batch)
            if footer and isinstance(writer, pq.ParquetWriter):
                writer.add_key_value_metadata(footer())
    except (OSError, pa.ArrowException) as error:
        raise DataUnwritable(f"{path} cannot be written: {error}") from error


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when all of it is on the disk, and is gone when that fails.

    What a killed process has left is written anew: its name is always the same, and a lock tells a living one.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    with open(os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        _lock(file, unfinished, path)
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            with suppress(FileNotFoundError):
                unfinished.unlink()
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lock(file: BinaryIO, unfinished: Path, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had the lock before may have given this file its last name.
        mine = unfinished.exists() and os.path.samestat(os.fstat(file.fileno()), unfinished.stat())
    except BlockingIOError:
        mine = False
    if not mine:
        raise DataUnwritable(f"{path} is being written by another process; wait for it, or name another file")


def _write_postgresql(table: PostgresqlTable, batches: Batches) -> None:
    first = next(batches)
    columns = {field.name: _sql_type(field) for field in first.schema}
    replace_rows(table, columns, (csv_bytes(batch) for batch in chain([first], batches)))


def _sql_type(field: pa.Field) -> str:
    known = (field.metadata or {}).get(SQL_TYPE)
    return known.decode() if known else sql_type(field.type)
