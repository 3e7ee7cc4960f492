"""One column of raw cells made into one typed column, and the rows in which that is not possible.

Pure functions, called by training's validation and by table scoring, which tell the same faults in the same words.
Each distinct cell is looked at once, so that a million rows of words cost what their few words cost.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_models.cells import Cells
from churn_models.numeric_feature import NumericFeature
from churn_models.spelling import MISSING, UNKNOWN, Vocabulary, nearest_names, number_of
from churn_models.violation import Violation

MISSING_FAULT = "a value is missing"
NOT_A_NUMBER = "not a number"
TOO_LARGE = "infinite, or too large for float32"

LARGEST = float(np.finfo(np.float32).max)
"""The largest number that can be encoded."""
_SHOWN_WORDS = 6
_COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d*)?")

Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """`values` by row, and for each fault in words the rows that have it, bool `[rows]`."""

    values: Any
    faults: dict[str, Rows] = field(default_factory=dict)


def missing_column(name: str, others: Iterable[str]) -> Violation:
    """A column that the schema names and the table lacks; `others` are those that nothing names."""
    near = nearest_names(name, others)
    return Violation(name, "the column is missing" + (f"; there is {', '.join(map(repr, near))}" if near else ""))


def check_words(cells: Cells, vocabulary: Vocabulary, nullable: bool) -> Checked:
    """`values` are positions in the vocabulary, int32, MISSING for a gap."""
    return Checked(cells.places(vocabulary), word_faults(cells, vocabulary, nullable))


def word_faults(cells: Cells, vocabulary: Vocabulary, nullable: bool) -> dict[str, Rows]:
    """The faults of `check_words` alone."""
    places = cells.distinct_places(vocabulary)
    words = vocabulary.words
    shown = ", ".join(words[:_SHOWN_WORDS]) + (" …" if len(words) > _SHOWN_WORDS else "")
    faults = {f"not one of {shown}": cells.rows(places == UNKNOWN)}
    if not nullable:
        faults[MISSING_FAULT] = cells.rows(places == MISSING)
    return _found(faults)


def check_numbers(numbers: NDArray[np.float64], wrong: Rows, feature: NumericFeature) -> Checked:
    """`values` are the numbers, NaN for a gap and for what is `wrong`, no number at all."""
    faults = {NOT_A_NUMBER: wrong}
    if not feature.nullable:
        faults[MISSING_FAULT] = np.isnan(numbers) & ~wrong
    faults[TOO_LARGE] = np.abs(numbers) > LARGEST
    if feature.allowed:
        low, high = feature.allowed.low, feature.allowed.high
        faults[f"outside {low:g} to {high:g}"] = (numbers < low) | ((numbers > high) & (numbers <= LARGEST))
    return Checked(numbers, _found(faults))


def numbers_in_cells(cells: Cells, missing: Collection[str], decimal: str) -> tuple[NDArray[np.float64], Rows]:
    """The column as numbers, NaN for a gap, and which cells are no numbers (NaN, too)."""
    found = [number_in(cell, missing, decimal) for cell in cells.distinct]
    values = np.asarray([np.nan if number is None else number for number in found] + [np.nan])
    wrong = np.asarray([number is None for number in found] + [False])
    return values[cells.codes], wrong[cells.codes]


def number_in(cell: Any, missing: Collection[str], decimal: str) -> float | None:
    """One cell as a number, NaN for a gap; None when it is no number."""
    try:
        if decimal == "," and isinstance(cell, str) and cell.strip().casefold() not in missing and cell.strip():
            return float(cell.strip().replace(",", ".")) if _COMMA_NUMBER.fullmatch(cell.strip()) else None
        return number_of(cell, missing)
    except (TypeError, ValueError, OverflowError):
        return None


def _found(faults: dict[str, Rows]) -> dict[str, Rows]:
    return {fault: rows for fault, rows in faults.items() if rows.any()}
