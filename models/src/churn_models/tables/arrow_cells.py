"""A column of pyarrow as the checks of a column and the encoding take it: by its distinct cells, or as numbers.

No row is looked at in Python: dictionaries are taken as they are, other columns are made into one in C.
"""

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
    codes = np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), -1))
    return Cells(codes, encoded.dictionary.to_pylist())


def numbers_of(column: pa.Array, missing: Collection[str], decimal: str) -> tuple[NDArray[np.float64], Rows]:
    """The column as numbers, NaN for a gap, and which cells are no numbers (NaN, too)."""
    if (numbers := _plain_numbers(column, decimal)) is not None:
        return numbers, np.zeros(len(column), dtype=np.bool_)
    return numbers_in_cells(cells_of(column), missing, decimal)


def _plain_numbers(column: pa.Array, decimal: str) -> NDArray[np.float64] | None:
    """What is a number for pyarrow already, converted in C; None when a cell has to be looked at."""
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if not is_number and not (is_text and decimal == "."):
        return None
    try:
        # A whole number beyond 2^53 is rounded, as Python does it.
        numbers: NDArray[Any] = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except pa.ArrowException:
        return None
    return numbers
