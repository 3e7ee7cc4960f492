"""Bytes of separated text as batches of text cells, read in C by blocks: for files and what PostgreSQL sends."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv

_BLOCK = 1 << 22

Block = bytes | bytearray | memoryview


def read_cells(
    content: BinaryIO, header: Sequence[str], separator: str = ",", encoding: str = "utf-8", *, by_copy: bool = False
) -> Iterator[pa.RecordBatch]:
    """Every cell as text of pyarrow: 4 bytes beside its characters. At least one batch; raises pyarrow's errors.

    `header` is the first line, as the csv module reads it; a column without a name is called by its place. With
    `by_copy`, nothing between two separators is NULL, as PostgreSQL's COPY writes it, and "" is empty text.
    """
    reader = csv.open_csv(
        content,
        read_options=csv.ReadOptions(encoding=encoding.removesuffix("-sig"), block_size=_BLOCK),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=not by_copy),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=by_copy,
            quoted_strings_can_be_null=False,
        ),
    )
    names = column_names(header)
    empty = True
    for batch in reader:
        empty = False
        yield batch.rename_columns(names)
    if empty:
        yield pa.RecordBatch.from_pylist([], reader.schema).rename_columns(names)


def column_names(header: Sequence[str]) -> list[str]:
    """The names of the columns; one without a name is called by its place."""
    return [name or f"column {place}" for place, name in enumerate(header, 1)]


def as_stream(blocks: Iterable[Block]) -> BinaryIO:
    """A stream to read from, of blocks as they come."""
    return io.BufferedReader(_Blocks(iter(blocks)), _BLOCK)


class _Blocks(io.RawIOBase):
    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(bytes(block))
        taken = min(len(target), len(self._rest))
        target[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
