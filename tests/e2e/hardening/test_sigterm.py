"""SIGTERM under load: every request that was sent before it is answered, and the process ends with 0.

In flight are, at the signal, requests of which a part has been sent, and whole ones that the server may not have
read yet. Each must be answered: by scores, or by 503 with Retry-After where the in-flight limit would also have
refused it without the signal.
"""

import os
import resource
import signal
from contextlib import ExitStack
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
from support.keep_alive import KeepAlive
from support.local_stack import Serving
from support.v2_tensors import grpc_matrix

SERVERS = 2
HALVES = WHOLES = 500
BY_GRPC = 16
EXIT_SECONDS = 30


@pytest.fixture(autouse=True)
def files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))


def _fault(connection: KeepAlive, rest: bytes = b"") -> str | None:
    """Why a request counts as lost, once the rest of it has been sent; None when it was answered."""
    try:
        answer = connection.ask(rest)
    except (OSError, HTTPException) as error:
        return repr(error)
    shed = answer.status == 503 and answer.headers.get("retry-after") == "1"
    return None if answer.status == 200 or shed else str(answer)


def _lost(serving: Serving) -> list[str]:
    """Of the requests in flight at the signal those that were not answered, with the reason."""
    with ExitStack() as opened, grpc.insecure_channel(serving.grpc_target) as channel:
        halves = [opened.enter_context(KeepAlive(serving.rest_url)) for _ in range(HALVES)]
        wholes = [opened.enter_context(KeepAlive(serving.rest_url)) for _ in range(WHOLES)]
        for connection in [*halves, *wholes]:
            assert connection.ask(ONE_ROW).status == 200
        for connection in halves:
            connection.send(ONE_ROW[:-100])
        infer = GRPCInferenceServiceStub(channel).ModelInfer
        request = grpc_matrix("small", np.zeros((1, 19), dtype=np.float32))
        infer(request, timeout=10)
        calls = [infer.future(request, timeout=10) for _ in range(BY_GRPC)]
        for connection in wholes:
            connection.send(ONE_ROW)
        os.kill(serving.process.pid, signal.SIGTERM)
        faults = [f"half: {fault}" for it in halves if (fault := _fault(it, ONE_ROW[-100:]))]
        faults += [f"whole: {fault}" for it in wholes if (fault := _fault(it))]
        return faults + [f"gRPC: {call.exception()!r}" for call in calls if call.exception()]


def test_nothing_in_flight_is_lost(bundle: Bundle, tmp_path: Path) -> None:
    lost: list[str] = []
    for number in range(SERVERS):
        with bundle_server(bundle, tmp_path / f"{number}.log", core=0) as serving:
            lost += _lost(serving)
            assert serving.process.wait(EXIT_SECONDS) == 0
    in_flight = SERVERS * (HALVES + WHOLES + BY_GRPC)
    assert record("sigterm_lost", len(lost), f"of {in_flight} in flight", "<= 0").holds, lost[:20]
