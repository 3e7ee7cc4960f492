"""A column of pyarrow as the checks of a column and the encoding take it: by its distinct cells, or as numbers.

No row is looked at in Python: dictionaries are taken as they are, other columns are made into one in C.
"""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from churn_models.cells import Cells
from churn_models.check_column import Rows, numbers_in_cells


def cells_of(column: pa.Array) -> Cells:
    """Its distinct cells as Python's values; one may come twice in a dictionary that a file brings."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return Cells(_codes(encoded.indices), encoded.dictionary.to_pylist())


def _codes(indices: pa.Array) -> NDArray[np.integer[Any]]:
    """-1 for a gap. What has none is not copied, so it is as narrow as it comes."""
    if indices.null_count == 0:
        codes: NDArray[np.integer[Any]] = indices.to_numpy()
        return codes
    return np.asarray(pc.fill_null(indices.cast(pa.int64()), -1))


def numbers_of(column: pa.Array, missing: Collection[str], decimal: str) -> tuple[NDArray[np.float64], Rows]:
    """The column as numbers, NaN for a gap, and which cells are no numbers (NaN, too).

    The markers in `missing` are text: a column of numbers by its type has none of them.
    """
    if (numbers := _plain_numbers(column, missing, decimal)) is not None:
        return numbers, np.zeros(len(column), dtype=np.bool_)
    return numbers_in_cells(cells_of(column), missing, decimal)


def numbers_in_text(
    text: pa.Array | pa.ChunkedArray, missing: Collection[str], decimal: str
) -> NDArray[np.float64] | None:
    """Cells of text that are all plain numbers, gaps or null, converted in C; None when each has to be looked at."""
    if decimal != "." or any(map(_is_number, missing)):
        return None
    numbers = _as_floats(text)
    if numbers is None:
        # Of another blank than ASCII's, or another case, the cells are looked at.
        marked = pc.is_in(pc.ascii_lower(pc.ascii_trim_whitespace(text)), pa.array(["", *missing], text.type))
        text = pc.if_else(marked, pa.scalar(None, text.type), text)
        numbers = _as_floats(text)
    # What pyarrow takes for NaN is not what Python does: nan(0).
    return numbers if numbers is not None and np.isnan(numbers).sum() == text.null_count else None


def _plain_numbers(column: pa.Array, missing: Collection[str], decimal: str) -> NDArray[np.float64] | None:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _as_floats(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return numbers_in_text(column, missing, decimal)
    return None


def _as_floats(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float64] | None:
    try:
        # A whole number beyond 2^53 is rounded, as Python does it.
        numbers: NDArray[Any] = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    except pa.ArrowException:
        return None
    return numbers


def _is_number(marker: str) -> bool:
    try:
        return not math.isnan(float(marker))
    except ValueError:
        return False
