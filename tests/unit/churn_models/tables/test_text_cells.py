"""Cells of separated text: what PostgreSQL's COPY says of NULL, and that files say nothing of it."""

import io

import pyarrow as pa
import pytest
from churn_models.tables.text_cells import read_cells


@pytest.mark.parametrize(
    ("content", "header", "by_copy", "rows"),
    [
        pytest.param(b'a,b\n,"x"\n"",\n', ["a", "b"], True, [(None, "x"), ("", None)], id="NULL and empty text"),
        pytest.param(b'a\n\n""\nx\n', ["a"], True, [(None,), ("",), ("x",)], id="a row of one NULL"),
        pytest.param(b'a,b\n,"x"\n"",\n', ["a", "b"], False, [("", "x"), ("", "")], id="a file has no NULL"),
        pytest.param(b"a\n\nx\n", ["a"], False, [("x",)], id="a blank line of a file is no row"),
    ],
)
def test_null_cells(content: bytes, header: list[str], by_copy: bool, rows: list[tuple[str | None, ...]]) -> None:
    table = pa.Table.from_batches(read_cells(io.BytesIO(content), header, by_copy=by_copy))
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
