"""An opened table of customers, whatever holds it: the names of its columns, and its rows in batches."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from churn_models.tables.share import RowNumbers
from churn_models.tables.sql_type import SqlType
from churn_models.tables.text_form import TextForm

BATCH_ROWS = 65_536
"""Of a batch of typed columns; batches of text are as long as a block of bytes makes them."""

Places = Callable[[RowNumbers], RowNumbers]
Read = Callable[[Sequence[str], Collection[str]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Origin:
    """`taken` is how the source was read, in words; `form` leads from rows to lines where it is a text file.

    `files` are all that it is read from, none for a table in PostgreSQL.
    """

    taken: str = ""
    decimal: str = "."
    form: TextForm | None = None
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Source:
    """`read(columns, words)` gives these columns, at least one batch; cells of CSV and PostgreSQL are text.

    `words` are columns of few distinct values, which come as dictionaries where the source keeps them so.
    Both, and whatever opens a source, raise DataUnreadable.
    """

    names: tuple[str, ...]
    origin: Origin
    read: Read
    types: Mapping[str, SqlType] = field(default_factory=dict)
    """Of columns that are read as text and are something else where they come from."""
    rows: int | None = None
    """Of the whole table, where it is known before it is read."""
    in_table: Places = lambda places: places
    """From places among the rows that are read, from 0, to those in the table, where a share of it is read."""
