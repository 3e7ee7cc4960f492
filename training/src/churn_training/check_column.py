"""One column of raw cells made into one typed column, and the rows in which that is not possible.

Pure functions, called by `validate`. Each distinct cell is looked at once, so that a million rows of words cost
what their few words cost; numbers are converted in C where all cells are plain numbers.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from churn_models.feature_schema import NumericFeature
from churn_models.spelling import MISSING, UNKNOWN, Vocabulary, number_of, text_of
from numpy.typing import NDArray

_LARGEST = float(np.finfo(np.float32).max)
_SHOWN_WORDS = 6
_COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d*)?")

Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """`values` by row, and for each fault in words the rows that have it, bool `[rows]`."""

    values: Any
    faults: dict[str, Rows] = field(default_factory=dict)


def check_words(column: pd.Series, vocabulary: Vocabulary, nullable: bool) -> Checked:
    """`values` are positions in the vocabulary, int32, MISSING for a gap."""
    codes, cells = _distinct(column)
    # The last one stands for pandas' code -1, a gap.
    places = np.asarray([*vocabulary.places(cells), vocabulary.place(None)], dtype=np.int32)[codes]
    words = vocabulary.words
    shown = ", ".join(words[:_SHOWN_WORDS]) + (" …" if len(words) > _SHOWN_WORDS else "")
    faults = {f"not one of {shown}": places == UNKNOWN}
    if not nullable:
        faults["a value is missing"] = places == MISSING
    return Checked(places, _found(faults))


def check_numbers(column: pd.Series, feature: NumericFeature, missing: Collection[str], decimal: str) -> Checked:
    """`values` are float64 with NaN for a gap."""
    numbers, wrong = numbers_in(column, missing, decimal)
    faults = {"not a number": wrong}
    if not feature.nullable:
        faults["a value is missing"] = np.isnan(numbers) & ~wrong
    faults["infinite, or too large for float32"] = np.abs(numbers) > _LARGEST
    if feature.allowed:
        low, high = feature.allowed.low, feature.allowed.high
        faults[f"outside {low:g} to {high:g}"] = (numbers < low) | ((numbers > high) & (numbers <= _LARGEST))
    return Checked(numbers, _found(faults))


def check_identity(column: pd.Series) -> Checked:
    """`values` are texts; none is missing and none comes twice."""
    codes, cells = _distinct(column)
    texts = np.asarray([*(text_of(cell) for cell in cells), None], dtype=object)[codes]
    missing = pd.isna(texts)
    twice = pd.Series(texts).duplicated(keep=False).to_numpy() & ~missing
    return Checked(texts, _found({"a value is missing": missing, "a value comes twice": twice}))


def _found(faults: dict[str, Rows]) -> dict[str, Rows]:
    return {fault: rows for fault, rows in faults.items() if rows.any()}


def _distinct(column: pd.Series) -> tuple[NDArray[np.int64], list[Any]]:
    try:
        codes, cells = pd.factorize(column)
    except (TypeError, NotImplementedError, pa.ArrowException):  # lists and the like: no cell of a table
        codes, cells = pd.factorize(column.astype(str))
    return codes, list(cells)


def numbers_in(column: pd.Series, missing: Collection[str], decimal: str) -> tuple[NDArray[np.float64], Rows]:
    """The column as numbers, NaN for a gap, and which cells are no numbers (NaN, too)."""
    if (numbers := _plain_numbers(column, decimal)) is not None:
        return numbers, np.zeros(len(column), dtype=np.bool_)
    codes, cells = _distinct(column)
    found = [number_in(cell, missing, decimal) for cell in cells]
    values = np.asarray([np.nan if number is None else number for number in found] + [np.nan])
    wrong = np.asarray([number is None for number in found] + [False])
    return values[codes], wrong[codes]


def _plain_numbers(column: pd.Series, decimal: str) -> NDArray[np.float64] | None:
    """What is a number for pyarrow or numpy already; None when a cell has to be looked at."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if decimal != "." or column.dtype != pd.ArrowDtype(pa.string()):
        return None
    try:
        cells = column.array.__arrow_array__()
        return np.asarray(pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowException:
        return None


def number_in(cell: Any, missing: Collection[str], decimal: str) -> float | None:
    """One cell as a number, NaN for a gap; None when it is no number."""
    try:
        if decimal == "," and isinstance(cell, str) and cell.strip().casefold() not in missing and cell.strip():
            return float(cell.strip().replace(",", ".")) if _COMMA_NUMBER.fullmatch(cell.strip()) else None
        return number_of(cell, missing)
    except (TypeError, ValueError, OverflowError):
        return None
