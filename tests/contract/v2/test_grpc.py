"""gRPC: all calls of the protocol, both ways to send data, and every refusal by its status code."""

import json
from collections.abc import Callable
from importlib import metadata
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import VERSION
from support.stock_members import NUMPY, check_member, member_output
from support.v2_tensors import bytes_elements, grpc_columns, grpc_matrix

Request = Any  # messages.ModelInferRequest, which has no types
Change = Callable[[Request], object]
SECONDS = 15


def _values(output: Any, raw: bytes | None = None) -> list[float]:
    if raw is not None:
        return list(np.frombuffer(raw, dtype="<f8"))
    return list(output.contents.fp64_contents)


def _probability(answer: Any) -> list[float]:
    (output,) = answer.outputs
    values = _values(output, answer.raw_output_contents[0] if answer.raw_output_contents else None)
    assert (output.name, output.datatype, list(output.shape)) == ("churn_probability", "FP64", [len(values)])
    return values


def test_the_server_is_live_and_ready(stub: GRPCInferenceServiceStub) -> None:
    assert stub.ServerLive(messages.ServerLiveRequest(), timeout=SECONDS).live
    assert stub.ServerReady(messages.ServerReadyRequest(), timeout=SECONDS).ready
    for version in ("", VERSION):
        assert stub.ModelReady(messages.ModelReadyRequest(name="small", version=version), timeout=SECONDS).ready


def test_metadata(stub: GRPCInferenceServiceStub, telco_schema: FeatureSchema, bundle: Bundle) -> None:
    server = stub.ServerMetadata(messages.ServerMetadataRequest(), timeout=SECONDS)
    assert (server.name, server.version) == ("churnserve", metadata.version("churn-runtimes"))
    assert "model_repository" not in server.extensions
    for version in ("", VERSION):
        model = stub.ModelMetadata(messages.ModelMetadataRequest(name="small", version=version), timeout=SECONDS)
        assert (model.name, list(model.versions), model.platform) == ("small", [VERSION], "churnserve")
        assert [tensor.name for tensor in model.inputs] == list(telco_schema.names)
        assert {tuple(tensor.shape) for tensor in model.inputs} == {(-1, 1)}
        assert {tuple(tensor.shape) for tensor in model.outputs} == {(-1,)}
        assert [tensor.name for tensor in model.outputs] == Outputs.of(bundle).names
        assert json.loads(model.inputs[0].parameters["categories"].string_param) == ["Female", "Male"]
        example = json.loads(model.parameters["example_request"].string_param)
        assert [tensor["name"] for tensor in example["inputs"]] == list(telco_schema.names)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_a_matrix(raw: bool, stub: GRPCInferenceServiceStub, matrix: Matrix, scores: EnsembleScores) -> None:
    answer = stub.ModelInfer(grpc_matrix("small", matrix, raw, id="a", model_version=VERSION), timeout=SECONDS)
    assert (answer.id, answer.model_name, answer.model_version) == ("a", "small", VERSION)
    np.testing.assert_allclose(_probability(answer), scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_columns_by_name(
    raw: bool,
    stub: GRPCInferenceServiceStub,
    telco_schema: FeatureSchema,
    customers: pd.DataFrame,
    scores: EnsembleScores,
) -> None:
    answer = stub.ModelInfer(grpc_columns("small", telco_schema, customers, raw), timeout=SECONDS)
    np.testing.assert_allclose(_probability(answer), scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_the_asked_outputs_come_in_the_asked_order(
    raw: bool, stub: GRPCInferenceServiceStub, matrix: Matrix, scores: EnsembleScores
) -> None:
    request = grpc_matrix("small", matrix, raw)
    request.parameters["priority"].int64_param = 1
    request.inputs[0].parameters["note"].string_param = "a"
    for name in ("member.xgboost", "churn_probability"):
        request.outputs.add(name=name)
    answer = stub.ModelInfer(request, timeout=SECONDS)
    assert [output.name for output in answer.outputs] == ["member.xgboost", "churn_probability"]
    raws = list(answer.raw_output_contents) or [None, None]
    values = [_values(output, data) for output, data in zip(answer.outputs, raws, strict=True)]
    np.testing.assert_allclose(values, [scores.members["xgboost"], scores.ensemble], atol=1e-6)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_every_member_answers(
    raw: bool, stub: GRPCInferenceServiceStub, bundle: Bundle, matrix: Matrix, scores: EnsembleScores
) -> None:
    for member in bundle.manifest.members:
        request = grpc_matrix(f"small-{member.name}", matrix, raw)
        request.outputs.add(name=member_output(member.kind))
        answer = stub.ModelInfer(request, timeout=SECONDS)
        (output,) = answer.outputs
        contents = output.contents
        typed = contents.fp32_contents or contents.fp64_contents or contents.int64_contents
        raws = answer.raw_output_contents
        flat = np.frombuffer(raws[0], NUMPY[output.datatype]) if raws else typed
        check_member(member.kind, np.reshape(flat, list(output.shape)), scores.members[member.name])


def test_a_missing_category_is_an_empty_text(
    stub: GRPCInferenceServiceStub, telco_schema: FeatureSchema, customers: pd.DataFrame, matrix: Matrix
) -> None:
    position = telco_schema.names.index("Contract")
    request = grpc_columns("small", telco_schema, customers, raw=True)
    request.raw_input_contents[position] = bytes_elements([""] * len(customers))
    encoded = matrix.copy()
    encoded[:, position] = np.nan
    by_matrix = stub.ModelInfer(grpc_matrix("small", encoded, raw=True), timeout=SECONDS)
    assert _probability(stub.ModelInfer(request, timeout=SECONDS)) == _probability(by_matrix)


def _set(field: str, value: Any) -> Change:
    return lambda request: setattr(request, field, value)


def _tensor(field: str, value: Any) -> Change:
    return lambda request: setattr(request.inputs[0], field, value)


def _shape(*shape: int) -> Change:
    def change(request: Request) -> None:
        del request.inputs[0].shape[:]
        request.inputs[0].shape.extend(shape)

    return change


def _both(request: Request) -> None:
    request.raw_input_contents.append(bytes(76))


def _raw(*parts: bytes) -> Change:
    def change(request: Request) -> None:
        request.inputs[0].ClearField("contents")
        request.raw_input_contents.extend(parts)

    return change


def _first_value(value: float) -> Change:
    return lambda request: request.inputs[0].contents.fp32_contents.__setitem__(0, value)


INVALID, NOT_FOUND, EXHAUSTED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(_set("model_name", "nothing"), NOT_FOUND, id="unknown model"),
        pytest.param(_set("model_name", ""), NOT_FOUND, id="no model"),
        pytest.param(_set("model_version", "99"), NOT_FOUND, id="unknown version"),
        pytest.param(lambda request: request.ClearField("inputs"), INVALID, id="no inputs"),
        pytest.param(_tensor("datatype", "FP128"), INVALID, id="unknown datatype"),
        pytest.param(_tensor("datatype", ""), INVALID, id="no datatype"),
        pytest.param(_tensor("datatype", "INT64"), INVALID, id="contents of another datatype"),
        pytest.param(_tensor("datatype", "BYTES"), INVALID, id="a matrix of BYTES"),
        pytest.param(_shape(1, 18), INVALID, id="too few features"),
        pytest.param(_shape(1, 20), INVALID, id="too many features"),
        pytest.param(_shape(2, 19), INVALID, id="more rows than data"),
        pytest.param(_shape(), INVALID, id="no shape"),
        pytest.param(_shape(-1, 19), INVALID, id="negative rows"),
        pytest.param(_shape(0, 19), INVALID, id="no rows"),
        pytest.param(_shape(1, 1 << 62), INVALID, id="huge width"),
        pytest.param(_shape(19), INVALID, id="one dimension"),
        pytest.param(lambda request: request.inputs.add(name="more"), INVALID, id="an empty tensor more"),
        pytest.param(lambda request: request.inputs.append(request.inputs[0]), INVALID, id="the same tensor twice"),
        pytest.param(lambda request: request.outputs.add(name="nothing"), INVALID, id="unknown output"),
        pytest.param(_both, INVALID, id="data in both places"),
        pytest.param(_raw(bytes(76), bytes(76)), INVALID, id="more raw data than tensors"),
        pytest.param(_raw(bytes(75)), INVALID, id="raw data that are no numbers"),
        pytest.param(_raw(bytes(72)), INVALID, id="raw data too short"),
        pytest.param(_raw(b""), INVALID, id="raw data empty"),
        pytest.param(lambda request: request.inputs[0].ClearField("contents"), INVALID, id="no data"),
        pytest.param(_first_value(float("inf")), INVALID, id="infinite"),
    ],
)
def test_refusals(change: Change, code: grpc.StatusCode, stub: GRPCInferenceServiceStub) -> None:
    request = grpc_matrix("small", np.zeros((1, 19), dtype=np.float32))
    change(request)
    _refused(stub, request, code)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
@pytest.mark.parametrize(("rows", "code"), [(1_001, EXHAUSTED), (60_000, EXHAUSTED)])
def test_too_much_is_refused(rows: int, code: grpc.StatusCode, raw: bool, stub: GRPCInferenceServiceStub) -> None:
    """60,000 rows are 4.6 MB, above the limit on a message."""
    _refused(stub, grpc_matrix("small", np.zeros((rows, 19), dtype=np.float32), raw), code)


@pytest.mark.parametrize(
    ("position", "data"),
    [
        pytest.param("Contract", b"\xff\xff\xff\xffab", id="an element longer than the data"),
        pytest.param("Contract", b"\x00\x00", id="no whole length"),
        pytest.param("Contract", bytes_elements([b"\xff\xfe"]), id="no UTF-8"),
        pytest.param("tenure", b"\x00" * 7, id="seven bytes of FP64"),
    ],
)
def test_bad_raw_columns(
    position: str,
    data: bytes,
    stub: GRPCInferenceServiceStub,
    telco_schema: FeatureSchema,
    customers: pd.DataFrame,
) -> None:
    request = grpc_columns("small", telco_schema, customers.head(1), raw=True)
    request.raw_input_contents[telco_schema.names.index(position)] = data
    _refused(stub, request, INVALID)


def _refused(stub: GRPCInferenceServiceStub, request: Request, code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(request, timeout=SECONDS)
    assert (caught.value.code(), bool(caught.value.details())) == (code, True)
    assert "Traceback" not in caught.value.details()
    assert stub.ModelInfer(grpc_matrix("small", np.zeros((1, 19), dtype=np.float32)), timeout=SECONDS).outputs


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("ModelReady", messages.ModelReadyRequest(name="nothing")),
        ("ModelReady", messages.ModelReadyRequest(name="small", version="99")),
        ("ModelMetadata", messages.ModelMetadataRequest(name="nothing")),
        ("ModelMetadata", messages.ModelMetadataRequest(name="small", version="99")),
    ],
)
def test_unknown_models_are_not_found(call: str, request_: Any, stub: GRPCInferenceServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, call)(request_, timeout=SECONDS)
    assert caught.value.code() is NOT_FOUND


def test_the_index_has_every_model(stub: GRPCInferenceServiceStub, bundle: Bundle) -> None:
    models = stub.RepositoryIndex(messages.RepositoryIndexRequest(), timeout=SECONDS).models
    assert [model.name for model in models] == [
        "small",
        *(f"small-{member.name}" for member in bundle.manifest.members),
    ]
    assert {(model.version, model.state) for model in models} == {(VERSION, "READY")}


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("RepositoryModelLoad", messages.RepositoryModelLoadRequest(model_name="small")),
        ("RepositoryModelUnload", messages.RepositoryModelUnloadRequest(model_name="small")),
    ],
)
def test_the_repository_api_is_not_served(call: str, request_: Any, stub: GRPCInferenceServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, call)(request_, timeout=SECONDS)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert stub.ModelReady(messages.ModelReadyRequest(name="small"), timeout=SECONDS).ready
