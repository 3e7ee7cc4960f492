"""grpc.health.v1 follows readiness; reflection describes the services; pings keep an idle connection."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from churn_models.bundle import Bundle
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import bundle_server
from support.eventually import eventually
from support.local_stack import Serving
from support.v2_tensors import grpc_matrix

SECONDS = 15
EXIT_SECONDS = 30
SERVICE = "inference.GRPCInferenceService"
MORE_STREAMS = 64
PING_SECONDS = 0.7
IDLE_SECONDS = 7 * PING_SECONDS  # gRPC's own rule ends the connection at the third ping


@pytest.fixture
def channel(server: Serving) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_target) as channel:
        yield channel


@pytest.mark.parametrize("service", ["", SERVICE])
def test_a_ready_server_is_serving(service: str, channel: grpc.Channel) -> None:
    answer = HealthStub(channel).Check(HealthCheckRequest(service=service), timeout=SECONDS)
    assert answer.status == HealthCheckResponse.SERVING


def test_a_service_that_there_is_not_is_not_found(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        HealthStub(channel).Check(HealthCheckRequest(service="nothing"), timeout=SECONDS)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_watch_sees_the_end_and_holds_nobody_up(bundle: Bundle, tmp_path: Path) -> None:
    with bundle_server(bundle, tmp_path / "log") as serving, grpc.insecure_channel(serving.grpc_target) as channel:
        watch = HealthStub(channel).Watch(HealthCheckRequest(), timeout=60)
        assert next(watch).status == HealthCheckResponse.SERVING
        os.kill(serving.process.pid, signal.SIGTERM)
        assert [answer.status for answer in watch] == [HealthCheckResponse.NOT_SERVING]
        # Cut off at the end of the server's patience it would have a status other than OK.
        assert watch.code() is grpc.StatusCode.OK
        assert serving.process.wait(EXIT_SECONDS) == 0


def test_many_watches_hold_no_threads(channel: grpc.Channel, stub: GRPCInferenceServiceStub) -> None:
    watches = [HealthStub(channel).Watch(HealthCheckRequest(), timeout=60) for _ in range(MORE_STREAMS)]
    assert {next(watch).status for watch in watches} == {HealthCheckResponse.SERVING}
    assert stub.ServerReady(messages.ServerReadyRequest(), timeout=SECONDS).ready


def test_reflection_describes_the_services(channel: grpc.Channel) -> None:
    described = ProtoReflectionDescriptorDatabase(channel)
    assert set(described.get_services()) >= {SERVICE, "grpc.health.v1.Health"}
    service = DescriptorPool(described).FindServiceByName(SERVICE)
    assert service.FindMethodByName("ModelInfer").input_type.name == "ModelInferRequest"


def test_open_reflection_streams_leave_threads_for_the_others(
    channel: grpc.Channel, stub: GRPCInferenceServiceStub
) -> None:
    enough = threading.Event()

    def questions() -> Iterator[ServerReflectionRequest]:
        yield ServerReflectionRequest(list_services="")
        enough.wait()

    held = [ServerReflectionStub(channel).ServerReflectionInfo(questions()) for _ in range(MORE_STREAMS)]
    try:
        codes = [_code(stream) for stream in held]
        assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert stub.ServerReady(messages.ServerReadyRequest(), timeout=SECONDS).ready
        request = grpc_matrix("small", np.zeros((1, 19), dtype=np.float32))
        assert stub.ModelInfer(request, timeout=SECONDS).outputs
    finally:
        enough.set()


def _code(stream: Any) -> grpc.StatusCode:
    """OK for a stream whose first question is answered."""
    try:
        next(stream)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def test_pings_keep_an_idle_connection(server: Serving) -> None:
    """Every 0.7 s here: gRPC allows so many without a word of data at every interval below its limit."""
    options = [
        ("grpc.keepalive_time_ms", int(PING_SECONDS * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    states: list[grpc.ChannelConnectivity] = []
    with grpc.insecure_channel(server.grpc_target, options=options) as channel:
        channel.subscribe(states.append, try_to_connect=True)
        eventually(lambda: grpc.ChannelConnectivity.READY in states, SECONDS)
        states.clear()
        time.sleep(IDLE_SECONDS)
        assert states == []
