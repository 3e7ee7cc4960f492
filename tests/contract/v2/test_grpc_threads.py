"""Calls that wait on the event loop: their threads are bounded, probes pass them, and who gives up frees a place."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from churn_runtimes.grpc.servicer import V2Servicer
from churn_runtimes.in_flight_limit import InFlightLimit
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.v2_tensors import grpc_matrix

SECONDS = 15
CALLS = 300  # more than the server has threads


def test_probes_pass_more_calls_than_there_are_threads(stub: GRPCInferenceServiceStub) -> None:
    request = grpc_matrix("small", np.zeros((1_000, 19), dtype=np.float32), raw=True)
    calls = [stub.ModelInfer.future(request, timeout=SECONDS) for _ in range(CALLS)]
    assert stub.ServerReady(messages.ServerReadyRequest(), timeout=SECONDS).ready
    codes = [call.code() for call in calls]
    assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    assert grpc.StatusCode.OK in codes


class _Aborted(Exception):
    """What grpcio's context raises."""


class _Context:
    """Of one call; its client may give up from `watched` on, by `leave`."""

    def __init__(self) -> None:
        self.watched = threading.Event()

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def add_callback(self, callback: Callable[[], object]) -> bool:
        self.leave = callback
        self.watched.set()
        return True

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.code = code
        raise _Aborted(details)


class _NeverFinds:
    """In the data plane's place: says when it is asked, and has no answer."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    async def find(self, name: str, version: str | None) -> Any:
        self.asked.set()
        await asyncio.Event().wait()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_client_that_gives_up_frees_its_place(loop: asyncio.AbstractEventLoop) -> None:
    in_flight, plane, context = InFlightLimit(1), _NeverFinds(), _Context()
    servicer = V2Servicer(plane, in_flight, 60.0, loop)  # type: ignore[arg-type]
    call = threading.Thread(target=_infer, args=(servicer, context), daemon=True)
    call.start()
    assert plane.asked.wait(SECONDS)
    assert context.watched.wait(SECONDS)
    assert in_flight.is_full
    context.leave()
    call.join(SECONDS)
    assert context.code is grpc.StatusCode.CANCELLED
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(SECONDS)
    assert not in_flight.is_full


def _infer(servicer: V2Servicer, context: _Context) -> None:
    with pytest.raises(_Aborted):
        servicer.ModelInfer(messages.ModelInferRequest(model_name="small"), context)
