"""`top_reasons: N`: names and values of a row's largest contributions, over REST in JSON and binary and over gRPC."""

from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.evaluator.load import load_evaluator
from grpc import RpcError, StatusCode
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.v2_tensors import (
    HEADER_LENGTH,
    Json,
    bytes_elements,
    column_tensors,
    grpc_columns,
    grpc_matrix,
    matrix_tensor,
    read_bytes_elements,
)

INFER = "/v2/models/small/infer"
_SECONDS = 60
_TOP = 3


@pytest.fixture(scope="module")
def contributions(bundle: Bundle, matrix: Matrix) -> dict[str | None, Scores]:
    """Of the ensemble and of one member, each feature's."""
    evaluator = load_evaluator(bundle)
    return {None: evaluator.explain_ensemble(matrix)[:, :-1], "xgboost": evaluator.explain("xgboost", matrix)[:, :-1]}


@pytest.fixture(scope="module")
def expected(contributions: dict[str | None, Scores], telco_schema: FeatureSchema) -> Json:
    """The outputs' data, worked out row by row."""
    found: Json = {}
    for member, rows in contributions.items():
        tail = "" if member is None else f".{member}"
        places = [[int(place) for place in np.argsort(-np.abs(row))[:_TOP]] for row in rows]
        found[f"top_reasons{tail}"] = [[telco_schema.names[place] for place in best] for best in places]
        found[f"contributions{tail}"] = [row[best].tolist() for row, best in zip(rows, places, strict=True)]
    return found


def _body(inputs: list[Json], outputs: list[str], top: object = _TOP, **parameters: Any) -> Json:
    named = {"outputs": [{"name": name} for name in outputs]} if outputs else {}
    return {"inputs": inputs, "parameters": {"top_reasons": top, **parameters}, **named}


def _check(found: dict[str, Any], expected: Json) -> None:
    for name, values in found.items():
        if name.startswith("top_reasons"):
            assert np.asarray(values, dtype=str).tolist() == expected[name]
        elif name.startswith("contributions"):
            np.testing.assert_allclose(values, expected[name], atol=1e-9)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ([], ["churn_probability", "top_reasons", "contributions"]),
        (["contributions"], ["contributions", "top_reasons"]),
        (["top_reasons", "churn_probability"], ["top_reasons", "contributions", "churn_probability"]),
        (["contributions", "decision", "top_reasons"], ["contributions", "decision", "top_reasons"]),
        (["decision"], ["decision", "top_reasons", "contributions"]),
        (["contributions.xgboost"], ["contributions.xgboost", "top_reasons.xgboost"]),
        (
            ["top_reasons", "top_reasons.xgboost"],
            ["top_reasons", "contributions", "top_reasons.xgboost", "contributions.xgboost"],
        ),
    ],
)
def test_json(asked: list[str], answered: list[str], rest: httpx.Client, matrix: Matrix, expected: Json) -> None:
    outputs = rest.post(INFER, json=_body([matrix_tensor(matrix)], asked)).json()["outputs"]
    assert [output["name"] for output in outputs] == answered
    for output in outputs:
        if "." in output["name"] or output["name"] in expected:
            assert output["shape"] == [len(matrix), _TOP]
            assert output["datatype"] == ("BYTES" if output["name"].startswith("top_reasons") else "FP64")
    _check({one["name"]: np.reshape(one["data"], one["shape"]) for one in outputs}, expected)


def test_named_rows(
    rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, scores: EnsembleScores, expected: Json
) -> None:
    outputs = rest.post(INFER, json=_body(column_tensors(telco_schema, customers), [])).json()["outputs"]
    np.testing.assert_allclose(outputs[0]["data"], scores.ensemble, atol=1e-6)
    _check({one["name"]: np.reshape(one["data"], one["shape"]) for one in outputs[1:]}, expected)


def test_binary_data(rest: httpx.Client, matrix: Matrix, expected: Json) -> None:
    answer = rest.post(INFER, json=_body([matrix_tensor(matrix)], ["top_reasons"], binary_data_output=True))
    content = answer.content[int(answer.headers[HEADER_LENGTH]) :]
    names = bytes_elements(name for row in expected["top_reasons"] for name in row)
    assert content[: len(names)] == names
    values = np.frombuffer(content[len(names) :]).reshape(len(matrix), _TOP)
    np.testing.assert_allclose(values, expected["contributions"], atol=1e-9)


@pytest.mark.parametrize("asked", [(), ("top_reasons",)], ids=["alone", "named"])
@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_grpc(
    raw: bool, asked: tuple[str, ...], stub: GRPCInferenceServiceStub, matrix: Matrix, expected: Json
) -> None:
    request = grpc_matrix("small", matrix, raw)
    request.parameters["top_reasons"].int64_param = _TOP
    for name in asked:
        request.outputs.add(name=name)
    answer = stub.ModelInfer(request, timeout=_SECONDS)
    names, values = answer.outputs[-2:]
    assert [(one.name, one.datatype, list(one.shape)) for one in (names, values)] == [
        ("top_reasons", "BYTES", [len(matrix), _TOP]),
        ("contributions", "FP64", [len(matrix), _TOP]),
    ]
    if raw:
        features = read_bytes_elements(answer.raw_output_contents[-2])
        numbers = np.frombuffer(answer.raw_output_contents[-1])
    else:
        features, numbers = list(names.contents.bytes_contents), np.array(values.contents.fp64_contents)
    found = [name.decode() for name in features]
    shape = (len(matrix), _TOP)
    _check({"top_reasons": np.reshape(found, shape), "contributions": numbers.reshape(shape)}, expected)


def test_named_rows_over_grpc(
    stub: GRPCInferenceServiceStub, telco_schema: FeatureSchema, customers: pd.DataFrame, expected: Json
) -> None:
    request = grpc_columns("small", telco_schema, customers, raw=False)
    request.parameters["top_reasons"].int64_param = _TOP
    names = stub.ModelInfer(request, timeout=_SECONDS).outputs[1]
    found = [name.decode() for name in names.contents.bytes_contents]
    assert np.reshape(found, (-1, _TOP)).tolist() == expected["top_reasons"]


@pytest.mark.parametrize(
    ("top", "told"),
    [
        (20, "parameter top_reasons: 20; this model has reasons 1 to 19"),
        (0, "parameter top_reasons: 0; this model has reasons 1 to 19"),
        (-1, "parameter top_reasons: -1; this model has reasons 1 to 19"),
        (3.5, "parameter top_reasons: 3.5 is no whole number; write one, such as 3"),
        (True, "parameter top_reasons: True is no whole number; write one, such as 3"),
        ("3", "parameter top_reasons: '3' is no whole number; write one, such as 3"),
        ([3], "parameter top_reasons: [3] is no whole number; write one, such as 3"),
    ],
)
def test_another_number_is_refused(top: object, told: str, rest: httpx.Client, matrix: Matrix) -> None:
    answer = rest.post(INFER, json=_body([matrix_tensor(matrix)], [], top))
    assert (answer.status_code, answer.json()) == (400, {"error": told})


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("int64_param", 20, "reasons 1 to 19"), ("string_param", "3", "'3' is no whole number")],
)
def test_another_number_is_refused_over_grpc(
    field: str, value: int | str, told: str, stub: GRPCInferenceServiceStub, matrix: Matrix
) -> None:
    request = grpc_matrix("small", matrix)
    setattr(request.parameters["top_reasons"], field, value)
    with pytest.raises(RpcError) as refused:
        stub.ModelInfer(request, timeout=_SECONDS)
    assert refused.value.code() is StatusCode.INVALID_ARGUMENT
    assert told in refused.value.details()


def test_names_without_the_parameter_are_refused(rest: httpx.Client, matrix: Matrix) -> None:
    body = {"inputs": [matrix_tensor(matrix)], "outputs": [{"name": "top_reasons"}]}
    answer = rest.post(INFER, json=body)
    told = "output top_reasons needs the request parameter top_reasons, such as top_reasons: 3"
    assert (answer.status_code, answer.json()) == (400, {"error": told})


def test_a_member_behind_its_own_runtime_gives_none(
    rest: httpx.Client, stub: GRPCInferenceServiceStub, matrix: Matrix
) -> None:
    told = "small-xgboost gives no reasons; ask the ensemble for contributions.NAME of the member"
    answer = rest.post("/v2/models/small-xgboost/infer", json=_body([matrix_tensor(matrix)], []))
    assert (answer.status_code, answer.json()) == (400, {"error": told})
    request = grpc_matrix("small-xgboost", matrix)
    request.parameters["top_reasons"].int64_param = _TOP
    with pytest.raises(RpcError) as refused:
        stub.ModelInfer(request, timeout=_SECONDS)
    assert refused.value.details() == told
