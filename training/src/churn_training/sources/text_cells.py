"""Bytes of separated text as a frame of text cells, read in C by blocks: for files and what PostgreSQL sends."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from churn_training.progress import progress

_BLOCK = 1 << 22

Block = bytes | bytearray | memoryview


def read_cells(content: BinaryIO, header: Sequence[str], separator: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    """Every cell as text of pyarrow: 4 bytes beside its characters. Raises pyarrow's errors.

    `header` is the first line, as the csv module reads it; a column without a name is called by its place.
    """
    reader = csv.open_csv(
        content,
        read_options=csv.ReadOptions(encoding=encoding.removesuffix("-sig"), block_size=_BLOCK),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False),
    )
    batches = list(progress(reader, lambda batch: int(batch.num_rows)))
    names = [name or f"column {place}" for place, name in enumerate(header, 1)]
    frame: pd.DataFrame = (
        pa.Table.from_batches(batches, reader.schema).rename_columns(names).to_pandas(types_mapper=pd.ArrowDtype)
    )
    return frame


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
