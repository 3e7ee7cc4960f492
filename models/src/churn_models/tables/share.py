"""One of several processes' shares of a Parquet table: whole row groups, dealt out in turn."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import DataUnreadable

RowNumbers = NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """Number `index`, from 0, of `count`."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From INDEX/COUNT, such as 0/3. Raises DataUnreadable."""
        matched = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if not matched or not int(matched[1]) < int(matched[2]):
            raise DataUnreadable(f"{text!r} is no share: write INDEX/COUNT, such as 0/3, 1/3 and 2/3")
        return cls(int(matched[1]), int(matched[2]))


WHOLE = Share(0, 1)


@dataclass(frozen=True)
class RowGroup:
    """Of a table that may lie in several files: which group of its file, its first row in the table, its rows."""

    number: int
    begins: int
    rows: int


@dataclass(frozen=True)
class SharedRows:
    """The row groups that a share has of each file."""

    groups: Mapping[Path, Sequence[RowGroup]]

    @classmethod
    def of(cls, share: Share, rows: Mapping[Path, Sequence[int]]) -> Self:
        """`rows` are those of each row group; group k of the table goes to share k modulo their count."""
        found: dict[Path, list[RowGroup]] = {path: [] for path in rows}
        turn = begins = 0
        for path, sizes in rows.items():
            for number, size in enumerate(sizes):
                if turn % share.count == share.index:
                    found[path].append(RowGroup(number, begins, size))
                turn, begins = turn + 1, begins + size
        return cls(found)

    def in_table(self, places: RowNumbers) -> RowNumbers:
        """Places among the share's rows, from 0, as places in the whole table."""
        groups = [group for found in self.groups.values() for group in found if group.rows]
        if not groups:
            return places
        begins = np.cumsum([0, *(group.rows for group in groups[:-1])])
        where = np.searchsorted(begins, places, "right") - 1
        shift: RowNumbers = np.asarray([group.begins for group in groups])[where] - begins[where]
        return places + shift


def refuse_shares(share: Share, form: str) -> None:
    """For tables that cannot be dealt out. Raises DataUnreadable."""
    if share.count > 1:
        raise DataUnreadable(
            f"{form} is read from its beginning to its end and cannot be shared: score it by one process, or write it "
            "as Parquet, whose row groups are shared"
        )
