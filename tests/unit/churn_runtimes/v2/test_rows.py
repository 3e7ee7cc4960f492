"""The tensors of a request: both input forms, and every mistake a client can make in them."""

from typing import Any

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.known_codes import KnownCodes
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import Outputs
from churn_runtimes.v2.errors import BadRequest, TooLarge
from churn_runtimes.v2.outputs import wanted_outputs
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import from_mlserver
from mlserver.types import InferenceRequest

SCHEMA = FeatureSchema(
    features=(
        NumericFeature(name="charges", nullable=True),
        CategoricalFeature(name="plan", categories=("basic", "full")),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)
NAN = float("nan")
MAX_ROWS = 4


def _column(name: str, data: list[Any], shape: list[int] | None = None, datatype: str = "BYTES") -> dict[str, Any]:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data}


def _matrix(data: Any, shape: list[int], datatype: str = "FP32") -> dict[str, Any]:
    return {"name": "input", "shape": shape, "datatype": datatype, "data": data}


def _request(*inputs: dict[str, Any]) -> InferenceRequest:
    return InferenceRequest(inputs=list(inputs))


def _decode(request: InferenceRequest) -> Matrix:
    return decode_rows(SCHEMA, KnownCodes(SCHEMA), from_mlserver(request.inputs), MAX_ROWS).matrix


CHARGES = _column("charges", [1.5, None], datatype="FP64")
PLAN = _column("plan", ["full", "basic"])


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(_request(CHARGES, PLAN), id="columns by name"),
        pytest.param(_request(PLAN, CHARGES), id="in another order"),
        pytest.param(_request({**CHARGES, "shape": [2, 1]}, PLAN), id="a column of shape [rows, 1]"),
        pytest.param(_request(_column("charges", ["1.5", ""]), PLAN), id="numbers as text"),
        pytest.param(_request(_matrix([[1.5, 1], [NAN, 0]], [2, 2])), id="a nested matrix"),
        pytest.param(_request(_matrix([1.5, 1, NAN, 0], [2, 2], "FP64")), id="a flat matrix"),
    ],
)
def test_both_forms_give_the_same_rows(request_: InferenceRequest) -> None:
    np.testing.assert_array_equal(_decode(request_), np.array([[1.5, 1], [NAN, 0]], dtype=np.float32))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param([CHARGES], "missing columns: plan", id="a column too few"),
        pytest.param([CHARGES, PLAN, _column("age", [1, 2])], "no feature: age", id="a column too many"),
        pytest.param([CHARGES, CHARGES, PLAN], "given twice: charges", id="a column twice"),
        pytest.param([CHARGES, _column("plan", ["full"])], "different lengths", id="uneven columns"),
        pytest.param([CHARGES, {**PLAN, "shape": [3]}], "2 values, shape .* says 3", id="data shorter than shape"),
        pytest.param([CHARGES, {**PLAN, "data": "full"}], "no list", id="data that are no list"),
        pytest.param([{**CHARGES, "datatype": "INT64"}, PLAN], "1.5 is no INT64", id="a fraction as an integer"),
        pytest.param([_column("charges", [300, 1], datatype="UINT8"), PLAN], "300 is no UINT8", id="overflow"),
        pytest.param([_column("charges", ["1", "2"], datatype="FP64"), PLAN], "'1' is no FP64", id="text as a number"),
        pytest.param([CHARGES, _column("plan", [1, 0])], "1 is no BYTES", id="numbers as BYTES"),
        pytest.param([_column("charges", [1e39, 1], datatype="FP64"), PLAN], "too large", id="beyond float32"),
        pytest.param([_matrix([1e39, 0], [1, 2], "FP64")], "too large", id="a matrix beyond float32"),
        pytest.param([_matrix([10**400, 0], [1, 2], "FP64")], "too large", id="an integer beyond any float"),
        pytest.param([{**CHARGES, "shape": [1, 2]}, PLAN], "a column is", id="a column lying down"),
        pytest.param([_column("charges", [], [0]), _column("plan", [], [0])], "holds no rows", id="no rows"),
        pytest.param([_column("charges", ["x", "y"]), PLAN], "'x' is not a number", id="a word for a number"),
        pytest.param([_column("charges", [[1, 2], 3], [2]), PLAN], "unevenly", id="uneven nesting"),
        pytest.param([_matrix([1, 2, 3], [1, 3])], "2 features are expected", id="a matrix too wide"),
        pytest.param([_matrix([1, 2, 3], [2, 2])], "3 values, shape .* says 4", id="a matrix too short"),
        pytest.param([_matrix(["a", "b"], [1, 2])], "'a' is no FP32", id="a matrix of words"),
        pytest.param([_matrix([1, 2], [1, 2], "INT64")], "must be FP16", id="a matrix of integers"),
        pytest.param([_matrix([], [0, 2])], "holds no rows", id="an empty matrix"),
        pytest.param([_matrix([float("inf"), 0], [1, 2])], "infinite", id="an infinite matrix"),
        pytest.param([_matrix([1, 2], [-1, 2])], "holds no rows", id="a negative dimension"),
    ],
)
def test_mistakes_are_the_clients(inputs: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        _decode(_request(*inputs))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param([], ["churn_probability"], id="the probability alone by default"),
        pytest.param(["member.a"], ["member.a"], id="one member"),
        pytest.param(["member.a", "churn_probability"], ["member.a", "churn_probability"], id="in the asked order"),
        pytest.param(["member.a", "member.a"], ["member.a"], id="twice is once"),
    ],
)
def test_outputs(asked: list[str], expected: list[str]) -> None:
    assert wanted_outputs(Outputs(["a", "b"], None, None), asked) == expected


def test_an_unknown_output_is_the_clients_mistake() -> None:
    with pytest.raises(BadRequest, match=r"no such output: predict; there are churn_probability, member\.a"):
        wanted_outputs(Outputs(["a"], None, None), ["predict"])


def test_more_rows_than_the_limit_are_too_large() -> None:
    with pytest.raises(TooLarge, match="5 rows, at most 4"):
        _decode(_request(_matrix([0.0] * 10, [5, 2])))
