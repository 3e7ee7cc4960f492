"""A `traceparent` comes back by every way, and the log names it where its caller records the trace."""

from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.eventually import eventually
from support.local_stack import Serving
from support.v2_tensors import grpc_matrix

ROWS = np.zeros((1, 19), dtype=np.float32)
MATRIX: dict[str, Any] = {"name": "rows", "shape": [1, 19], "datatype": "FP32", "data": ROWS.ravel().tolist()}
SECONDS = 15


def _traceparent(trace: int, flags: str = "01") -> str:
    return f"00-{trace:032x}-00f067aa0ba902b7-{flags}"


@pytest.mark.parametrize(
    ("trace", "path", "body", "status"),
    [
        pytest.param(0xA1, "small", {"inputs": [MATRIX]}, 200, id="fast path"),
        pytest.param(0xA2, "small-xgboost", {"inputs": [MATRIX]}, 200, id="MLServer's app"),
        pytest.param(0xA3, "small", {"inputs": []}, 400, id="refused"),
        pytest.param(0xA4, "nothing", {"inputs": [MATRIX]}, 404, id="not found"),
    ],
)
def test_it_comes_back_over_rest(
    trace: int, path: str, body: dict[str, Any], status: int, rest: httpx.Client, server: Serving
) -> None:
    sent = _traceparent(trace)
    answer = rest.post(f"/v2/models/{path}/infer", json=body, headers={"traceparent": sent})
    assert (answer.status_code, answer.headers["traceparent"]) == (status, sent)
    eventually(lambda: f"trace {sent}" in _log(server), SECONDS)


@pytest.mark.parametrize("outputs", [[], ["member.xgboost"]], ids=["fast path", "the other way"])
def test_it_comes_back_over_grpc(outputs: list[str], stub: GRPCInferenceServiceStub, server: Serving) -> None:
    sent = _traceparent(0xB1 + len(outputs))
    request = grpc_matrix("small", ROWS)
    for name in outputs:
        request.outputs.add(name=name)
    _, call = stub.ModelInfer.with_call(request, metadata=[("traceparent", sent)], timeout=SECONDS)
    assert dict(call.trailing_metadata())["traceparent"] == sent
    eventually(lambda: f"trace {sent}" in _log(server), SECONDS)


@pytest.mark.parametrize("sent", ["nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
def test_a_malformed_one_is_ignored(sent: str, rest: httpx.Client, stub: GRPCInferenceServiceStub) -> None:
    answer = rest.post("/v2/models/small/infer", json={"inputs": [MATRIX]}, headers={"traceparent": sent})
    assert (answer.status_code, "traceparent" in answer.headers) == (200, False)
    _, call = stub.ModelInfer.with_call(grpc_matrix("small", ROWS), metadata=[("traceparent", sent)], timeout=SECONDS)
    assert call.code() is grpc.StatusCode.OK
    assert "traceparent" not in dict(call.trailing_metadata())


def test_what_nobody_records_is_not_logged(rest: httpx.Client, server: Serving) -> None:
    quiet, loud = _traceparent(0xC1, "00"), _traceparent(0xC2)
    for sent in (quiet, loud):
        assert (
            rest.post("/v2/models/small/infer", json={"inputs": [MATRIX]}, headers={"traceparent": sent}).headers[
                "traceparent"
            ]
            == sent
        )
    eventually(lambda: f"trace {loud}" in _log(server), SECONDS)
    assert quiet not in _log(server)


def _log(server: Serving) -> str:
    log: Path = server.process.log
    return log.read_text(errors="replace")
