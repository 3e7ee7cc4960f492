"""Columns of text with numbers in them: converted in C where that gives what each cell gives by itself."""

import numpy as np
import pyarrow as pa
import pytest
from churn_models.check_column import numbers_in_cells
from churn_models.tables.arrow_cells import cells_of, numbers_in_text
from hypothesis import given
from hypothesis import strategies as st

MISSING = tuple(marker.casefold() for marker in ("n/a", "?", "ς"))
CELLS = ["1.5", "-2", "1e3", " 7 ", "", " ", "\t", "\u00a0", "N/A", " n/a ", "?", "ς", "Σ", "nan", "one", "1_0", None]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        pytest.param(["1.5", "", " "], [1.5, np.nan, np.nan], id="blanks"),
        pytest.param(["N/A", " ? ", "2", None], [np.nan, np.nan, 2, np.nan], id="markers"),
    ],
)
def test_gaps_leave_a_column_in_c(cells: list[str | None], numbers: list[float]) -> None:
    found = numbers_in_text(pa.array(cells, pa.string()), MISSING, ".")
    assert found is not None
    np.testing.assert_array_equal(found, numbers)


@given(st.lists(st.sampled_from(CELLS), max_size=4), st.sampled_from([pa.string(), pa.large_string()]))
def test_what_is_converted_in_c_is_what_each_cell_gives(cells: list[str | None], kind: pa.DataType) -> None:
    column = pa.array(cells, kind)
    found = numbers_in_text(column, MISSING, ".")
    one_by_one, wrong = numbers_in_cells(cells_of(column), MISSING, ".")
    if found is not None:
        assert not wrong.any()
        np.testing.assert_array_equal(found, one_by_one)
