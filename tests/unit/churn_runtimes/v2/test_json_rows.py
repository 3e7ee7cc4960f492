"""The fast path's reading of common requests: what it reads, it reads as MLServer's way does; the rest it leaves."""

from typing import Any

import numpy as np
import pytest
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.known_codes import KnownCodes
from churn_models.numeric_feature import NumericFeature
from churn_runtimes.v2.json_rows import JsonRows
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import from_mlserver
from mlserver.types import InferenceRequest

SCHEMA = FeatureSchema(
    features=(
        NumericFeature(name="charges", nullable=True),
        CategoricalFeature(name="plan", categories=("0", "1", "full")),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)
MAX_ROWS = 4


def _tensor(name: str, datatype: str, data: list[Any], shape: list[int] | None = None) -> dict[str, Any]:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data}


CHARGES = _tensor("charges", "FP64", [1.5])
PLAN = _tensor("plan", "BYTES", ["full"])


@pytest.mark.case("27-order-gaps-names")
@pytest.mark.parametrize(
    ("inputs", "unseen"),
    [
        pytest.param([CHARGES, PLAN], {}, id="one row"),
        pytest.param([PLAN, CHARGES], {}, id="in another order"),
        pytest.param([_tensor("charges", "FP32", [None]), PLAN], {}, id="a missing number"),
        pytest.param([_tensor("charges", "INT64", [3]), PLAN], {}, id="an integer for a number"),
        pytest.param([CHARGES, _tensor("plan", "INT64", [1])], {}, id="an integer for a category"),
        pytest.param([CHARGES, _tensor("plan", "BYTES", [" full "])], {}, id="blanks around a category"),
        pytest.param([CHARGES, _tensor("plan", "BYTES", [""])], {}, id="a blank category"),
        pytest.param([CHARGES, _tensor("plan", "BYTES", [None])], {}, id="a missing category"),
        pytest.param([CHARGES, _tensor("plan", "BYTES", ["other"])], {"plan": 1}, id="an unseen category"),
        pytest.param([CHARGES, _tensor("plan", "INT64", [7])], {"plan": 1}, id="an unseen integer"),
        pytest.param([{**CHARGES, "shape": [1, 1]}, {**PLAN, "parameters": {}}], {}, id="shape [1, 1], no parameters"),
        pytest.param(
            [_tensor("charges", "FP64", [1, None, 2.5]), _tensor("plan", "BYTES", ["1", "x", "0"])],
            {"plan": 1},
            id="three rows",
        ),
        pytest.param([_tensor("rows", "FP32", [1.5, 2], [1, 2])], {}, id="a flat matrix"),
        pytest.param([_tensor("rows", "FP64", [[1.5, None]], [1, 2])], {}, id="a nested row"),
        pytest.param([_tensor("rows", "FP64", [[1.5, 0], [None, 1]], [2, 2])], {}, id="nested rows"),
        pytest.param([_tensor("rows", "FP32", [None, None], [1, 2])], {}, id="nothing but gaps"),
        pytest.param(
            [_tensor("charges", "FP64", [1, 2, 3]), _tensor("plan", "BYTES", ["x", None, "y"])],
            {"plan": 2},
            id="two unseen and one missing",
        ),
        pytest.param([_tensor("rows", "FP32", [1.5, 3], [1, 2])], {"plan": 1}, id="a code beyond the last"),
        pytest.param([_tensor("rows", "FP32", [1.5, 0.5], [1, 2])], {"plan": 1}, id="a code between two"),
        pytest.param([_tensor("rows", "FP32", [1.5, -1], [1, 2])], {"plan": 1}, id="a code below the first"),
        pytest.param([_tensor("rows", "FP32", [1.5, -0.0], [1, 2])], {}, id="minus nought is nought"),
    ],
)
def test_what_it_reads_mlservers_way_reads_alike(inputs: list[dict[str, Any]], unseen: dict[str, int]) -> None:
    found = JsonRows(SCHEMA).read(inputs, MAX_ROWS)
    assert found is not None
    assert found.matrix.dtype == np.float32
    tensors = from_mlserver(InferenceRequest(inputs=inputs).inputs)
    stock = decode_rows(SCHEMA, KnownCodes(SCHEMA), tensors, MAX_ROWS)
    np.testing.assert_array_equal(found.matrix, stock.matrix)
    assert dict(found.unseen) == unseen == dict(stock.unseen)


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param([CHARGES], id="a column too few"),
        pytest.param([CHARGES, CHARGES], id="a column twice"),
        pytest.param([CHARGES, PLAN, PLAN], id="a column too many"),
        pytest.param([_tensor("charges", "FP64", ["1.5"]), PLAN], id="text for a number"),
        pytest.param([_tensor("charges", "FP64", [True]), PLAN], id="a truth for a number"),
        pytest.param([_tensor("charges", "FP64", [1e39]), PLAN], id="beyond float32"),
        pytest.param([_tensor("charges", "INT64", [1.5]), PLAN], id="a fraction as integer"),
        pytest.param([CHARGES, _tensor("plan", "BYTES", [1])], id="a number as BYTES"),
        pytest.param([CHARGES, _tensor("plan", "INT64", [True])], id="a truth for a category"),
        pytest.param([{**CHARGES, "parameters": {"binary_data_size": 8}}, PLAN], id="parameters that mean something"),
        pytest.param([{**CHARGES, "shape": [True]}, PLAN], id="a truth for a length"),
        pytest.param([_tensor("charges", "FP64", [1.0] * 5), _tensor("plan", "BYTES", ["0"] * 5)], id="too many rows"),
        pytest.param([_tensor("", "FP32", [1, 2], [1, 2])], id="a matrix without a name"),
        pytest.param([_tensor("rows", "INT64", [1, 2], [1, 2])], id="a matrix of integers"),
        pytest.param([_tensor("rows", "FP32", [1, 2, 3], [1, 3])], id="a matrix too wide"),
        pytest.param([_tensor("rows", "FP32", [1, 2], [2, 2])], id="a matrix too short"),
        pytest.param([_tensor("rows", "FP32", [[1, 2, 3], [4]], [2, 2])], id="uneven rows"),
        pytest.param([_tensor("rows", "FP32", [1, -1e39], [1, 2])], id="a matrix beyond float32"),
        pytest.param([_tensor("rows", "FP32", [1, "2"], [1, 2])], id="text in a matrix"),
    ],
)
def test_what_it_leaves_to_mlserver(inputs: list[dict[str, Any]]) -> None:
    assert JsonRows(SCHEMA).read(inputs, MAX_ROWS) is None
