"""REST: the binary tensor data extension, both ways."""

import json
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from support.keep_alive import KeepAlive, request
from support.local_stack import Serving
from support.stock_members import NUMPY, check_member, member_output
from support.v2_tensors import HEADER_LENGTH, Json, binary_body, binary_columns, binary_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
BINARY = {"binary_data": True}


def _ask(rest: httpx.Client, body: bytes, headers: dict[str, str], model: str = "small") -> tuple[Json, bytes]:
    """The answer's JSON part and its binary part."""
    answer = rest.post(f"/v2/models/{model}/infer", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    if HEADER_LENGTH not in answer.headers:
        assert answer.headers["content-type"] == "application/json"
        return answer.json(), b""
    assert answer.headers["content-type"] == "application/octet-stream"
    length = int(answer.headers[HEADER_LENGTH])
    return json.loads(answer.content[:length]), answer.content[length:]


def _json(body: Json) -> tuple[bytes, dict[str, str]]:
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


@pytest.mark.parametrize(("datatype", "dtype"), [("FP32", "<f4"), ("FP64", "<f8"), ("FP16", "<f2")])
def test_a_binary_matrix(datatype: str, dtype: str, rest: httpx.Client, matrix: Matrix) -> None:
    # FP16 goes up to 65,504 and rounds what it holds; the JSON form carries the rounded values.
    sent = np.minimum(matrix, 60_000).astype(dtype)
    by_json, _ = _ask(rest, *_json({"id": "a", "inputs": [matrix_tensor(sent.astype(np.float32))]}))
    assert _ask(rest, *binary_body([binary_matrix(sent, datatype)], id="a")) == (by_json, b"")


def test_binary_columns(
    rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, scores: EnsembleScores
) -> None:
    answer, _ = _ask(rest, *binary_body(binary_columns(telco_schema, customers)))
    np.testing.assert_allclose(answer["outputs"][0]["data"], scores.ensemble, atol=1e-6)


def test_binary_and_json_columns_in_one_request(
    rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, scores: EnsembleScores
) -> None:
    tensors = binary_columns(telco_schema, customers)
    tensors[4] = ({"name": "tenure", "shape": [5], "datatype": "INT64", "data": customers["tenure"].tolist()}, b"")
    answer, _ = _ask(rest, *binary_body(tensors))
    np.testing.assert_allclose(answer["outputs"][0]["data"], scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("dtype", ["<i1", "<u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"])
def test_binary_numbers_of_every_datatype(
    dtype: str, rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, scores: EnsembleScores
) -> None:
    kind = {"i": "INT", "u": "UINT", "f": "FP"}[dtype[1]]
    data = customers["tenure"].astype("float64").to_numpy().astype(dtype).tobytes()
    tensor = {"name": "tenure", "shape": [5], "datatype": f"{kind}{8 * int(dtype[2])}"}
    tensors = binary_columns(telco_schema, customers)
    tensors[4] = ({**tensor, "parameters": {"binary_data_size": len(data)}}, data)
    answer, _ = _ask(rest, *binary_body(tensors))
    np.testing.assert_allclose(answer["outputs"][0]["data"], scores.ensemble, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "binary"),
    [
        pytest.param({"parameters": {"binary_data_output": True}}, [True], id="for all"),
        pytest.param({"parameters": {"binary_data_output": False}}, [False], id="for none"),
        pytest.param({"outputs": [{"name": "churn_probability", "parameters": BINARY}]}, [True], id="for one"),
        pytest.param(
            {"outputs": [{"name": "member.xgboost"}, {"name": "churn_probability", "parameters": BINARY}]},
            [False, True],
            id="for one of two",
        ),
        pytest.param(
            {"outputs": [{"name": "member.xgboost", "parameters": BINARY}, {"name": "churn_probability"}]},
            [True, False],
            id="for the first of two",
        ),
        pytest.param(
            {
                "parameters": {"binary_data_output": True},
                "outputs": [{"name": "churn_probability", "parameters": {"binary_data": False}}],
            },
            [False],
            id="an output's own wish goes before the request's",
        ),
        pytest.param(
            {
                "parameters": {"binary_data_output": True},
                "outputs": [{"name": "member.xgboost"}, {"name": "churn_probability"}],
            },
            [True, True],
            id="for all of two",
        ),
    ],
)
@pytest.mark.parametrize("sent_binary", [True, False])
def test_binary_outputs(
    sent_binary: bool, fields: Json, binary: list[bool], rest: httpx.Client, matrix: Matrix, scores: EnsembleScores
) -> None:
    as_json = _json({"id": "b", "inputs": [matrix_tensor(matrix)], **fields})
    answer, data = _ask(rest, *(binary_body([binary_matrix(matrix)], id="b", **fields) if sent_binary else as_json))
    expected = {"churn_probability": scores.ensemble, "member.xgboost": scores.members["xgboost"]}
    assert answer["id"] == "b"
    assert ["data" not in output for output in answer["outputs"]] == binary
    for output in answer["outputs"]:
        values = output.get("data")
        if values is None:
            size = output["parameters"]["binary_data_size"]
            values, data = np.frombuffer(data[:size], dtype="<f8"), data[size:]
        np.testing.assert_allclose(values, expected[output["name"]], atol=1e-6)
    assert data == b""


def test_many_rows_come_as_binary_data_to_a_client_that_takes_compressed_answers(
    rest: httpx.Client, matrix: Matrix, scores: EnsembleScores
) -> None:
    assert "gzip" in rest.headers["Accept-Encoding"]
    body, headers = binary_body([binary_matrix(np.tile(matrix, (200, 1)))], parameters={"binary_data_output": True})
    _, data = _ask(rest, body, headers)
    np.testing.assert_allclose(np.frombuffer(data, "<f8"), np.tile(scores.ensemble, 200), atol=1e-6)


def test_members_take_and_give_binary_data(
    rest: httpx.Client, bundle: Bundle, matrix: Matrix, scores: EnsembleScores
) -> None:
    for member in bundle.manifest.members:
        outputs = [{"name": member_output(member.kind), "parameters": BINARY}]
        answer, data = _ask(rest, *binary_body([binary_matrix(matrix)], outputs=outputs), f"small-{member.name}")
        (output,) = answer["outputs"]
        assert output["parameters"]["binary_data_size"] == len(data)
        values = np.frombuffer(data, NUMPY[output["datatype"]]).reshape(output["shape"])
        check_member(member.kind, values, scores.members[member.name])


def _sized(size: Any, data: bytes = b"\x00" * 76) -> tuple[bytes, dict[str, str]]:
    tensor = {"name": "rows", "shape": [1, 19], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    return binary_body([(tensor, data)])


def _with_length(length: str) -> tuple[bytes, dict[str, str]]:
    body, headers = _sized(76)
    return body, {**headers, HEADER_LENGTH: length}


def _both() -> tuple[bytes, dict[str, str]]:
    tensor = {"name": "rows", "shape": [1, 19], "datatype": "FP32", "data": [0] * 19}
    return binary_body([({**tensor, "parameters": {"binary_data_size": 76}}, b"\x00" * 76)])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(*_sized(75), id="a size that is not the data's"),
        pytest.param(*_sized(72, b"\x00" * 72), id="a feature too few"),
        pytest.param(*_sized(152), id="a size beyond the body"),
        pytest.param(*_sized(76, b"\x00" * 80), id="bytes that belong to no tensor"),
        pytest.param(*_sized(0, b""), id="no data"),
        pytest.param(*_sized(-1), id="a negative size"),
        pytest.param(*_sized(76.5), id="a size that is no integer"),
        pytest.param(*_sized("76"), id="a size that is text"),
        pytest.param(*_sized(True), id="a size that is a truth value"),
        pytest.param(*_sized(None), id="a size that is null"),
        pytest.param(*_sized(2**63), id="a size beyond 64 bits"),
        pytest.param(*_sized(76, np.full(19, np.inf, "<f4").tobytes()), id="infinite numbers"),
        pytest.param(*_both(), id="data in both places"),
        pytest.param(*_with_length("0"), id="no header in the body"),
        pytest.param(*_with_length("1"), id="half a header"),
        pytest.param(*_with_length("100000"), id="a header longer than the body"),
        pytest.param(*_with_length("-5"), id="a negative header length"),
        pytest.param(*_with_length("many"), id="a header length that is none"),
        pytest.param(*_with_length("9" * 400), id="a header length beyond reason"),
    ],
)
def test_bad_binary_requests(body: bytes, headers: dict[str, str], server: Serving, matrix: Matrix) -> None:
    _refused(server, body, headers, matrix)


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        pytest.param(b"\x00\x00", {}, id="no whole length"),
        pytest.param(b"\xff\xff\xff\xffab", {}, id="an element longer than the data"),
        pytest.param(b"\x01\x00\x00\x00a", {"shape": [2]}, id="an element too few"),
        pytest.param(b"\x01\x00\x00\x00a" * 2, {}, id="an element too many"),
        pytest.param(b"\x02\x00\x00\x00\xff\xfe", {}, id="no UTF-8"),
        pytest.param(b"\x01\x00\x00\x00a", {"datatype": "FP64"}, id="FP64 of five bytes"),
    ],
)
def test_bad_binary_text(
    data: bytes,
    changed: Json,
    server: Serving,
    telco_schema: FeatureSchema,
    customers: pd.DataFrame,
    matrix: Matrix,
) -> None:
    tensors = binary_columns(telco_schema, customers.head(1))
    position = telco_schema.names.index("Contract")
    contract = {**tensors[position][0], **changed, "parameters": {"binary_data_size": len(data)}}
    tensors[position] = (contract, data)
    _refused(server, *binary_body(tensors), matrix)


def _refused(server: Serving, body: bytes, headers: dict[str, str], matrix: Matrix) -> None:
    good = request(INFER, json.dumps({"inputs": [matrix_tensor(matrix)]}).encode())
    with KeepAlive(server.rest_url) as connection:
        answer = connection.ask(request(INFER, body, headers=headers))
        assert (answer.status, bool(answer.error)) == (400, True), answer
        assert connection.ask(good).status == 200
        assert connection.connections == 1
