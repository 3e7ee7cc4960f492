"""Columns of a frame as numbers: the short cut in C gives what looking at each cell gives."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from churn_training.frame_cells import numbers_in

TEXT = pd.ArrowDtype(pa.string())


@pytest.mark.parametrize(
    ("cells", "kind", "numbers"),
    [
        pytest.param(["1", "-999"], TEXT, [1, np.nan], id="all are numbers"),
        pytest.param(["1", "-999", ""], TEXT, [1, np.nan, np.nan], id="a blank beside it"),
        pytest.param(["1", "-999"], object, [1, np.nan], id="text of pandas"),
        pytest.param([1, -999], "int64", [1, -999], id="numbers by their type have no markers"),
        pytest.param([1, -999], object, [1, -999], id="numbers among objects have none either"),
    ],
)
def test_a_missing_marker_that_is_a_number_depends_on_no_other_cell(
    cells: list[object], kind: object, numbers: list[float]
) -> None:
    found, wrong = numbers_in(pd.Series(cells, dtype=kind), {"-999"}, ".")  # type: ignore[call-overload]
    np.testing.assert_array_equal(found, numbers)
    assert not wrong.any()


def test_what_pyarrow_alone_takes_for_a_number_is_none() -> None:
    _, wrong = numbers_in(pd.Series(["nan(0)", "1"], dtype=TEXT), (), ".")
    assert wrong.tolist() == [True, False]
