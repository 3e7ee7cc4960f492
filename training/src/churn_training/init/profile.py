"""What a data set looks like, column by column: everything that the guesses of `init` are made from.

Read through `churn_models.spelling`, so that a value means here what it means in training. Each distinct value is
looked at once: a large table has few of them in most columns.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from churn_models.check_column import LARGEST, number_in
from churn_models.spelling import MISSING_MARKERS, text_of

from churn_training.frame_origin import origin_of

_MARKERS = frozenset(marker.casefold() for marker in MISSING_MARKERS)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?")
_MOST_WORDS = 500
_FEW_STRAYS = 0.01


@dataclass(frozen=True)
class Numbers:
    """The column as numbers: its ends, and whether all are whole.

    `too_large` is how many rows hold a number that cannot be encoded, such as an infinite one; it is no end.
    """

    low: float
    high: float
    whole: bool
    too_large: int = 0


@dataclass(frozen=True)
class ColumnProfile:
    """`words` are the commonest values with their rows, at most 500 of the `distinct` ones.

    `markers` are words taken for a gap. `strays` are the few words of a column of numbers that are none.
    """

    name: str
    rows: int
    missing: int
    distinct: int
    words: tuple[tuple[str, int], ...]
    markers: tuple[tuple[str, int], ...] = ()
    numbers: Numbers | None = None
    strays: tuple[str, ...] = ()
    dates: bool = False

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.distinct == self.rows


@dataclass(frozen=True)
class TableProfile:
    """The columns in the order of the data set."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> ColumnProfile:
        """The column of that name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]


def profile_table(frame: pd.DataFrame) -> TableProfile:
    """Look at every column of raw cells."""
    decimal = origin_of(frame).decimal
    return TableProfile(len(frame), tuple(_profile_column(str(name), frame[name], decimal) for name in frame.columns))


def _profile_column(name: str, values: "pd.Series[Any]", decimal: str) -> ColumnProfile:
    counts, markers = _count_words(values)
    present = sum(counts.values())
    numbers, strays = _as_numbers(counts, decimal)
    return ColumnProfile(
        name=name,
        rows=len(values),
        missing=len(values) - present,
        distinct=len(counts),
        words=_commonest(counts),
        markers=_commonest(markers),
        numbers=numbers,
        strays=strays,
        dates=bool(counts) and all(_DATE.fullmatch(word) for word in counts),
    )


def _count_words(values: "pd.Series[Any]") -> tuple[dict[str, int], dict[str, int]]:
    codes, distinct = pd.factorize(values)
    rows = np.bincount(codes[codes >= 0], minlength=len(distinct))
    words: dict[str, int] = {}
    markers: dict[str, int] = {}
    for value, count in zip(distinct, rows.tolist(), strict=True):
        text = text_of(value)
        if text is not None:
            counted = markers if text.casefold() in _MARKERS else words
            counted[text] = counted.get(text, 0) + count
    return words, markers


def _as_numbers(counts: dict[str, int], decimal: str) -> tuple[Numbers | None, tuple[str, ...]]:
    found = {word: number_in(word, (), decimal) for word in counts}
    finite = [number for number in found.values() if number is not None and abs(number) <= LARGEST]
    too_large = sum(counts[word] for word, number in found.items() if number is not None and abs(number) > LARGEST)
    strays = [word for word, number in found.items() if number is None]
    if not finite or sum(counts[word] for word in strays) > _FEW_STRAYS * sum(counts.values()):
        return None, ()
    whole = all(number.is_integer() for number in finite)
    return Numbers(min(finite), max(finite), whole, too_large), tuple(strays)


def _commonest(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS])
