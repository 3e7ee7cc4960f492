"""What is shed at the connection: answered before it is read, in the protocol's form, and the connection goes on."""

import asyncio
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from churn_runtimes.gate import Gate
from churn_runtimes.limits import Limits
from churn_runtimes.rest.front import LANE_BYTES, Front
from churn_runtimes.rest.lane import Lane
from churn_runtimes.rest.protocol import V2Protocol
from support.keep_alive import KeepAlive, request

PATH = "/v2/models/small/infer"
LARGE = b" " * (LANE_BYTES + 1)


class _NeverAnswers:
    """A lane that leaves every request to the others."""

    slow = False

    def answer(self, body: bytes) -> bytes | None:
        return None


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"stock"})


async def _ask(gate: Gate, sent: list[bytes]) -> list[int]:
    limits = Limits()
    front = Front(_nothing, limits, gate)
    front.open_lane("small", None, cast(Lane, _NeverAnswers()))
    protocol: Any = partial(V2Protocol, front=front, limits=limits)
    server = uvicorn.Server(uvicorn.Config(front, port=0, http=protocol, lifespan="off", log_level="warning"))
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
    assert asyncio.run(_ask(Gate(places), asked)) == [status, 200, status]
