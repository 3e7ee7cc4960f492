"""`encode` against tables of values as people write them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_models.encoding import encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_models.spelling import text_of
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = FeatureSchema(
    features=(
        NumericFeature(name="charges", nullable=True),
        CategoricalFeature(name="senior", categories=("0", "1")),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)
NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([1, 2], [1, 2], id="integers"),
        pytest.param(["29.85", " 7 "], [29.85, 7], id="numbers as text"),
        pytest.param(["", "  "], [NAN, NAN], id="blank text is missing"),
        pytest.param([None, NAN], [NAN, NAN], id="null and NaN are missing"),
        pytest.param([b"1.5", b""], [1.5, NAN], id="bytes as V2 sends them"),
        pytest.param(np.array([1, 2], dtype=np.int64), [1, 2], id="an integer array"),
        pytest.param(pd.array([1, 2], dtype="Int64").to_numpy(dtype=object), [1, 2], id="an object array"),
        pytest.param([True, False], [1, 0], id="booleans"),
    ],
)
def test_numbers(values: Any, expected: list[float]) -> None:
    encoded = encode(SCHEMA, {"charges": values, "senior": ["0", "1"]})
    np.testing.assert_array_equal(encoded.matrix[:, 0], np.asarray(expected, dtype=np.float32))
    assert encoded.matrix.dtype == np.float32


@pytest.mark.parametrize(
    ("value", "code", "unseen"),
    [
        pytest.param("1", 1.0, 0, id="its text"),
        pytest.param(1, 1.0, 0, id="an integer"),
        pytest.param(1.0, 1.0, 0, id="a whole float, as pandas makes of integers with gaps"),
        pytest.param(b"1", 1.0, 0, id="bytes"),
        pytest.param(" 1 ", 1.0, 0, id="spaces around"),
        pytest.param("2", NAN, 1, id="unseen"),
        pytest.param(None, NAN, 0, id="null is missing, not unseen"),
        pytest.param("", NAN, 0, id="blank is missing, not unseen"),
        pytest.param(NAN, NAN, 0, id="NaN is missing, not unseen"),
    ],
)
def test_categories(value: Any, code: float, unseen: int) -> None:
    encoded = encode(SCHEMA, {"charges": [0.0], "senior": [value]})
    np.testing.assert_array_equal(encoded.matrix[:, 1], np.float32(code))
    assert encoded.unseen.get("senior", 0) == unseen


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param({"charges": [1]}, "missing columns: senior", id="a column too few"),
        pytest.param({"charges": [1, 2], "senior": ["0"]}, "different lengths", id="uneven columns"),
        pytest.param({"charges": ["abc"], "senior": ["0"]}, "'abc' is not a number", id="a word for a number"),
        pytest.param({"charges": [[1]], "senior": ["0"]}, "is not a number", id="a list for a number"),
        pytest.param({"charges": [float("inf")], "senior": ["0"]}, "infinite", id="infinity"),
        pytest.param({"charges": [1e300], "senior": ["0"]}, "too large", id="too large for float32"),
        pytest.param({"charges": [b"\xff"], "senior": ["0"]}, "UTF-8", id="broken bytes in a number"),
        pytest.param({"charges": [1], "senior": [b"\xff"]}, "UTF-8", id="broken bytes in a category"),
    ],
)
def test_refusals(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        encode(SCHEMA, columns)


@given(st.lists(st.one_of(st.none(), st.floats(width=32, allow_infinity=False), st.integers(-(10**6), 10**6))))
def test_a_number_and_its_text_encode_alike(values: list[float | None]) -> None:
    words = ["" if value is None else repr(value) for value in values]
    seniors = ["0"] * len(values)
    plain = encode(SCHEMA, {"charges": values, "senior": seniors}).matrix
    np.testing.assert_array_equal(plain, encode(SCHEMA, {"charges": words, "senior": seniors}).matrix)


@given(st.text())
def test_the_spelling_of_a_category_is_stable(text: str) -> None:
    once = text_of(text)
    assert once is None or text_of(once) == once
