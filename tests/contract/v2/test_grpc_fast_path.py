"""The gRPC fast path answers as the servicer's own way does, and leaves to it whatever is not the common request."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes
from churn_models.outputs import CALIBRATED, DECISION, PROBABILITY, Outputs
from churn_runtimes.answer_counts import ModelName
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.grpc.fast_path import GrpcFastPath
from churn_runtimes.grpc.messages import read_tensors, write_answer
from churn_runtimes.limits import Limits
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.unseen import unseen_parameters
from mlserver.grpc import dataplane_pb2 as messages
from support.v2_tensors import grpc_matrix

MAX_ROWS = 5
Request = Any  # messages.ModelInferRequest, which has no types
Answer = Any  # messages.ModelInferResponse


@pytest.fixture(scope="module")
def evaluator(bundle: Bundle) -> Evaluator:
    return load_evaluator(bundle)


@pytest.fixture(scope="module")
def outputs(bundle: Bundle) -> Outputs:
    return Outputs.of(bundle)


@pytest.fixture(scope="module")
def fast_path(evaluator: Evaluator, outputs: Outputs, telco_schema: FeatureSchema) -> GrpcFastPath:
    return GrpcFastPath(
        ModelName("small", "7"), telco_schema, AskedOutputs(outputs, evaluator), Limits(rows=MAX_ROWS), Answering()
    )


@pytest.fixture(scope="module")
def own_way(evaluator: Evaluator, outputs: Outputs, telco_schema: FeatureSchema) -> Callable[[Request], Answer]:
    """The servicer's answer without the fast path."""

    def answer(request: Request) -> Answer:
        encoded = decode_rows(telco_schema, KnownCodes(telco_schema), read_tensors(request), MAX_ROWS)
        names = outputs.wanted([output.name for output in request.outputs])
        answers = outputs.values(names, evaluator.score(encoded.matrix))
        return write_answer(request, "7", answers, unseen_parameters(encoded.unseen))

    return answer


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        pytest.param(1, {}, id="one row"),
        pytest.param(MAX_ROWS, {}, id="several rows"),
        pytest.param(1, {"id": "a"}, id="an id"),
        pytest.param(1, {"model_version": "7"}, id="the version"),
    ],
)
def test_it_answers_as_the_servicer(
    raw: bool,
    rows: int,
    fields: dict[str, str],
    fast_path: GrpcFastPath,
    own_way: Callable[[Request], Answer],
    matrix: Matrix,
) -> None:
    assert np.isnan(matrix[-rows:]).any()
    request = grpc_matrix("small", matrix[-rows:], raw, **fields)
    assert fast_path.answer(request) == own_way(request)


ASKED = {
    "the score": [PROBABILITY],
    "calibrated and decided": [DECISION, CALIBRATED],
    "a member, twice": ["member.xgboost", PROBABILITY, "member.xgboost"],
}


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=list(ASKED))
def test_outputs_by_name_are_the_servicers(
    raw: bool, asked: list[str], fast_path: GrpcFastPath, own_way: Callable[[Request], Answer], matrix: Matrix
) -> None:
    request = grpc_matrix("small", matrix[-MAX_ROWS:], raw)
    for name in asked:
        request.outputs.add(name=name)
    assert fast_path.answer(request) == own_way(request)


@pytest.mark.parametrize("rows", [1, MAX_ROWS])
@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_impossible_codes_are_told_as_the_servicer_tells_them(
    raw: bool, rows: int, fast_path: GrpcFastPath, own_way: Callable[[Request], Answer], matrix: Matrix
) -> None:
    changed = matrix[-rows:].copy()
    changed[0, 0] = 7.0  # gender
    answer = fast_path.answer(grpc_matrix("small", changed, raw))
    assert answer == own_way(grpc_matrix("small", changed, raw))
    assert answer.parameters["unseen.gender"].int64_param == 1


def _tensor(**fields: Any) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        for name, value in fields.items():
            setattr(request.inputs[0], name, value)

    return change


def _shape(*shape: int) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        request.inputs[0].shape[:] = shape

    return change


def _value(value: float) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        request.inputs[0].contents.fp32_contents[0] = value

    return change


def _raw(*contents: bytes) -> Callable[[Request], None]:
    return lambda request: request.raw_input_contents.extend(contents)


def _only_raw(*contents: bytes) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        request.inputs[0].ClearField("contents")
        request.raw_input_contents.extend(contents)

    return change


LEFT = {
    "another version": lambda request: setattr(request, "model_version", "8"),
    "an output that there is not": lambda request: request.outputs.add(name="nothing"),
    "contributions": lambda request: request.outputs.add(name="contributions"),
    "no input": lambda request: request.ClearField("inputs"),
    "two inputs": lambda request: request.inputs.add(name="more"),
    "FP64": _tensor(datatype="FP64"),
    "no name": _tensor(name=""),
    "a column's name": _tensor(name="tenure"),
    "no rows": _shape(0, 19),
    "a negative dimension": _shape(-1, -19),
    "one dimension": _shape(19),
    "too narrow": _shape(1, 18),
    "too many rows": _shape(MAX_ROWS + 1, 19),
    "fewer values than rows": _shape(2, 19),
    "infinite": _value(float("inf")),
    "contents and raw contents": _raw(b"\0" * 76),
    "two raw contents": _only_raw(b"\0" * 76, b"\0" * 76),
    "raw contents of half a value": _only_raw(b"\0" * 75),
    "raw contents of too many values": _only_raw(b"\0" * 80),
}


@pytest.mark.parametrize("change", LEFT.values(), ids=list(LEFT))
def test_it_leaves_the_rest(change: Callable[[Request], object], fast_path: GrpcFastPath, matrix: Matrix) -> None:
    request: Request = messages.ModelInferRequest()
    request.CopyFrom(grpc_matrix("small", matrix[:1]))
    assert fast_path.answer(request) is not None
    change(request)
    assert fast_path.answer(request) is None
