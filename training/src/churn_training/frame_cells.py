"""A column of a frame as the checks of a column take it: by its distinct cells, or as numbers."""

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
from churn_models.cells import Cells
from churn_models.check_column import Rows, numbers_in_cells
from churn_models.tables.arrow_cells import numbers_in_text
from numpy.typing import NDArray


def cells_of(column: pd.Series) -> Cells:
    """Its distinct cells as they stand there."""
    try:
        codes, cells = pd.factorize(column)
    except (TypeError, NotImplementedError, pa.ArrowException):  # lists and the like: no cell of a table
        codes, cells = pd.factorize(column.astype(str))
    return Cells(codes, list(cells))


def numbers_in(column: pd.Series, missing: Collection[str], decimal: str) -> tuple[NDArray[np.float64], Rows]:
    """The column as numbers, NaN for a gap, and which cells are no numbers (NaN, too)."""
    if (numbers := _plain_numbers(column, missing, decimal)) is not None:
        return numbers, np.zeros(len(column), dtype=np.bool_)
    return numbers_in_cells(cells_of(column), missing, decimal)


def _plain_numbers(column: pd.Series, missing: Collection[str], decimal: str) -> NDArray[np.float64] | None:
    """What is a number for pyarrow or numpy already, converted in C; None when a cell has to be looked at."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype != pd.ArrowDtype(pa.string()):
        return None
    return numbers_in_text(column.array.__arrow_array__(), missing, decimal)
