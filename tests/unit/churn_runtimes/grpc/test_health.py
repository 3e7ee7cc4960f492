"""What a watch of a service leaves behind."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest
from churn_runtimes.grpc.health import ReadinessHealth
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse


class _Call:
    """One call, as long as the test wants."""

    def __init__(self) -> None:
        self.callbacks: list[Any] = []

    def add_callback(self, callback: Any) -> None:
        self.callbacks.append(callback)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_watches_of_unknown_names_leave_nothing_behind(loop: asyncio.AbstractEventLoop) -> None:
    health = ReadinessHealth(cast(Any, None), loop)
    kept = len(health._send_response_callbacks)
    sent: list[HealthCheckResponse | None] = []
    for number in range(10):
        call = _Call()
        health.Watch(HealthCheckRequest(service=f"name {number}"), call, sent.append)
        for callback in call.callbacks:
            callback()
    assert {answer.status for answer in sent if answer} == {HealthCheckResponse.SERVICE_UNKNOWN}
    assert (len(health._send_response_callbacks), health._watching) == (kept, set())
