"""SIGTERM under load: every request that was sent before it is answered, and the process ends with 0.

In flight are, at the signal, requests of which a part has been sent, and whole ones that the server may not have
read yet. Each must be answered: by scores, or by 503 with Retry-After where the in-flight gate would also have
refused it without the signal.
"""

import os
import resource
import signal
from http.client import HTTPException
from pathlib import Path

import grpc
import numpy as np
import pytest
from churn_models.bundle import Bundle
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import bundle_server
from support.figures import record
from support.hardening.neighbour import ONE_ROW
from support.keep_alive import Answer, KeepAlive
from support.v2_tensors import grpc_matrix

SERVERS = 4
HALVES = WHOLES = 250
BY_GRPC = 16
EXIT_SECONDS = 30


@pytest.fixture(autouse=True)
def files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))


def _answer(connection: KeepAlive, rest: bytes = b"") -> Answer | None:
    try:
        return connection.ask(rest)
    except (OSError, HTTPException):
        return None


def _answered(answer: Answer | None) -> bool:
    if answer is None:
        return False
    return answer.status == 200 or (answer.status == 503 and answer.headers.get("retry-after") == "1")


def _lost(url: str, grpc_target: str, pid: int) -> int:
    """How many of the requests in flight were not answered."""
    halves = [KeepAlive(url) for _ in range(HALVES)]
    wholes = [KeepAlive(url) for _ in range(WHOLES)]
    for connection in [*halves, *wholes]:
        assert connection.ask(ONE_ROW).status == 200
    for connection in halves:
        connection.send(ONE_ROW[:-100])
    with grpc.insecure_channel(grpc_target) as channel:
        infer = GRPCInferenceServiceStub(channel).ModelInfer
        request = grpc_matrix("small", np.zeros((1, 19), dtype=np.float32))
        infer(request, timeout=10)
        calls = [infer.future(request, timeout=10) for _ in range(BY_GRPC)]
        for connection in wholes:
            connection.send(ONE_ROW)
        os.kill(pid, signal.SIGTERM)
        answers = [_answer(connection, ONE_ROW[-100:]) for connection in halves]
        answers += [_answer(connection) for connection in wholes]
        lost_calls = sum(call.exception() is not None for call in calls)
    return sum(not _answered(answer) for answer in answers) + lost_calls


def test_nothing_in_flight_is_lost(bundle: Bundle, tmp_path: Path) -> None:
    lost = 0
    for number in range(SERVERS):
        with bundle_server(bundle, tmp_path / f"{number}.log", core=0) as serving:
            lost += _lost(serving.rest_url, serving.grpc_target, serving.process.pid)
            assert serving.process.wait(EXIT_SECONDS) == 0
    assert record("sigterm_lost", lost, f"of {SERVERS * (HALVES + WHOLES + BY_GRPC)} in flight", "<= 0").holds
