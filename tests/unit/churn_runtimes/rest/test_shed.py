"""What is shed at the connection: answered before it is read, in the protocol's form, and the connection goes on."""

import asyncio
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.bounded_app import BYTES_ON_THE_LOOP, BoundedApp
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.protocol import V2Protocol
from support.keep_alive import KeepAlive, request

PATH = "/v2/models/small/infer"
LARGE = b" " * (BYTES_ON_THE_LOOP + 1)


class _NeverAnswers:
    """A fast path that leaves every request to the others."""

    slow = False

    def answer(self, body: bytes) -> bytes | None:
        return None


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"stock"})


async def _ask(in_flight: InFlightLimit, sent: list[bytes]) -> list[int]:
    limits = Limits()
    bounded_app = BoundedApp(_nothing, limits, in_flight)
    bounded_app.open_fast_path("small", None, cast(FastPath, _NeverAnswers()))
    protocol: Any = partial(V2Protocol, bounded_app=bounded_app, limits=limits)
    server = uvicorn.Server(uvicorn.Config(bounded_app, port=0, http=protocol, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def client() -> list[int]:
        with KeepAlive(f"http://127.0.0.1:{port}") as connection:
            answers = [connection.ask(it) for it in sent]
            assert connection.connections == 1
            for answer in answers:
                shed = answer.status == 503
                assert (answer.headers.get("retry-after"), bool(answer.error)) == (
                    ("1", True) if shed else (None, False)
                )
            return [answer.status for answer in answers]

    statuses = await asyncio.to_thread(client)
    server.should_exit = True
    await serving
    return statuses


@pytest.mark.parametrize(("places", "status"), [(0, 503), (1, 200)])
def test_large_requests_are_shed_when_the_gate_is_full(places: int, status: int) -> None:
    asked = [request(PATH, LARGE), request("/v2/health/live", method="GET"), request(PATH, LARGE)]
    assert asyncio.run(_ask(InFlightLimit(places), asked)) == [status, 200, status]
