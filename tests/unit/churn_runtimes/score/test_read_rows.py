"""Batches of pyarrow give the numbers that the same values give one by one, whatever types the columns have."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from churn_models.check_column import NOT_A_NUMBER, TOO_LARGE
from churn_models.encoding import encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_runtimes.score.read_rows import read_rows
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = FeatureSchema(
    features=(
        NumericFeature(name="number", nullable=True),
        CategoricalFeature(name="word", categories=("No", "Yes", "1", "2.50", "None"), nullable=True),
        CategoricalFeature(name="truth", categories=("False", "True")),
        CategoricalFeature(name="gap", categories=("NA", "b")),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)
_WORDS = ["No", "Yes", "yes", " Yes ", "1", "1.0", "01", "2.5", "True", "f", "NA", "", " ", "None", "?", "b", "strange"]
_NUMBERS = [
    *_WORDS,
    "29.85",
    "-1e3",
    "+4",
    "1_000",
    "0x10",
    "nan",
    "+nan",
    "nan(0)",
    "inf",
    "1e39",
    "1" * 400,
    "١",
    "9007199254740993",
]
_TEXT: st.SearchStrategy[str | None] = st.sampled_from([*_NUMBERS, None]) | st.text(max_size=3)
_FLOATS = st.none() | st.sampled_from([0.0, -0.0, 1.0, 2.5, float("nan"), 3e38]) | st.floats(width=32)
_INTEGERS = st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
_TWICE = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array(["Yes", "Yes", "3"]))
_COLUMNS = [
    _TEXT.map(lambda value: (value, pa.string())),
    _TEXT.map(lambda value: (value, pa.large_string())),
    _TEXT.map(lambda value: (value, pa.dictionary(pa.int8(), pa.string()))),
    _TEXT.map(lambda value: (None if value is None else value.encode(), pa.binary())),
    _FLOATS.map(lambda value: (value, pa.float32())),
    st.floats().map(lambda value: (value, pa.float64())),
    _INTEGERS.map(lambda value: (value, pa.int64())),
    st.integers(0, 2**64 - 1).map(lambda value: (value, pa.uint64())),
    st.sampled_from([True, False, None]).map(lambda value: (value, pa.bool_())),
    st.sampled_from([Decimal("2.50"), Decimal("1.00"), None]).map(lambda value: (value, pa.decimal128(9, 2))),
    st.just((None, pa.null())),
]


@st.composite
def _column(draw: st.DrawFn, rows: int) -> pa.Array:
    cell = draw(st.sampled_from(_COLUMNS))
    drawn = draw(st.lists(cell, min_size=rows, max_size=rows))
    kind = drawn[0][1]
    values = [value for value, _ in drawn]
    return (
        pa.array(values, kind.value_type).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(values, kind)
    )


@given(st.integers(1, 4).flatmap(lambda rows: st.tuples(*[_column(rows) for _ in SCHEMA.names])))
def test_batches_are_encoded_as_their_values_are(columns: tuple[pa.Array, ...]) -> None:
    cells = dict(zip(SCHEMA.names, columns, strict=True))
    expected = _outcome(lambda: encode(SCHEMA, {name: column.to_pylist() for name, column in cells.items()}))

    def by_batch() -> Any:
        read = read_rows(SCHEMA, cells, ".")
        if {NOT_A_NUMBER, TOO_LARGE} & {fault for faults in read.faults.values() for fault in faults}:
            raise EncodingError("told with its rows")
        return encode(SCHEMA, read.columns)

    assert _outcome(by_batch) == expected


def test_a_dictionary_may_hold_a_word_twice() -> None:
    columns = {name: _TWICE for name in SCHEMA.names} | {"number": pa.array([1, 2, None, 4])}
    encoded = encode(SCHEMA, read_rows(SCHEMA, columns, ".").columns)
    np.testing.assert_array_equal(encoded.matrix[:, 1], [1, 1, np.nan, np.nan])
    assert encoded.unseen["word"] == 1


@pytest.mark.parametrize(
    ("column", "fault", "rows"),
    [
        pytest.param(pa.array(["1", "x", None]), NOT_A_NUMBER, [False, True, False], id="no number"),
        pytest.param(pa.array([1.0, float("inf"), None]), TOO_LARGE, [False, True, False], id="infinite"),
        pytest.param(pa.array(["1", "NA", "2"]), "a value is missing", [False, True, False], id="a gap"),
    ],
)
def test_faults_are_told_by_row(column: pa.Array, fault: str, rows: list[bool]) -> None:
    words = pa.array(["NA", "b", "b"])
    read = read_rows(SCHEMA, dict.fromkeys(SCHEMA.names, words) | {"number": column}, ".")
    assert read.faults["number"][fault].tolist() == rows


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        pytest.param(["1", "-999"], [1, np.nan], id="all are numbers"),
        pytest.param(["1", "-999", ""], [1, np.nan, np.nan], id="a blank beside it"),
        pytest.param([1.0, -999.0], [1, -999], id="numbers by their type have no markers"),
    ],
)
def test_a_missing_marker_that_is_a_number_depends_on_no_other_cell(cells: list[Any], numbers: list[float]) -> None:
    schema = FeatureSchema(features=SCHEMA.features, target=SCHEMA.target, missing=("-999",))
    words = pa.array(["b"] * len(cells))
    read = read_rows(schema, dict.fromkeys(SCHEMA.names, words) | {"number": pa.array(cells)}, ".")
    np.testing.assert_array_equal(encode(schema, read.columns).matrix[:, 0], numbers)


def test_what_pyarrow_alone_takes_for_a_number_is_none() -> None:
    words = pa.array(["b", "b"])
    read = read_rows(SCHEMA, dict.fromkeys(SCHEMA.names, words) | {"number": pa.array(["nan(0)", "1"])}, ".")
    assert read.faults["number"][NOT_A_NUMBER].tolist() == [True, False]


def test_a_decimal_comma_is_read_where_the_file_has_one() -> None:
    columns = dict.fromkeys(SCHEMA.names, pa.array(["b"])) | {"number": pa.array(["2,5"])}
    assert encode(SCHEMA, read_rows(SCHEMA, columns, ",").columns).matrix[0, 0] == 2.5


def _outcome(encoding: Callable[[], Any]) -> Any:
    try:
        encoded = encoding()
    except EncodingError:
        return "refused"
    # A missing number may keep the sign that its NaN had in the file.
    return np.where(np.isnan(encoded.matrix), np.nan, encoded.matrix).tobytes(), dict(encoded.unseen)
