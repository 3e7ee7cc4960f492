"""The outermost layer around an app of the test's own: limits, deadlines, failures and probes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.bounded_app import App, BoundedApp, Message, Receive, Send

LIMITS = Limits(body=100, reading=0.3, waiting=0.3, deadline=0.3)
Chunks = list[tuple[bytes, bool]]


@dataclass
class Client:
    """Sends the chunks, then stays silent; keeps what it is sent."""

    chunks: Chunks
    sent: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        """One ASGI message."""
        if not self.chunks:
            await asyncio.sleep(60)
        body, more = self.chunks.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(self, message: Message) -> None:
        """Keep it."""
        self.sent.append(message)

    @property
    def status(self) -> int:
        """Of the one answer."""
        (start,) = [message for message in self.sent if message["type"] == "http.response.start"]
        return int(start["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Of the one answer."""
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> Any:
        """Of the one answer, as JSON."""
        return json.loads(b"".join(message.get("body", b"") for message in self.sent))


async def _echo(scope: Message, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": json.dumps({"got": body.decode()}).encode()})


async def _fail(scope: Message, receive: Receive, send: Send) -> None:
    raise RuntimeError("a secret of the server")


async def _dawdle(scope: Message, receive: Receive, send: Send) -> None:
    await asyncio.sleep(60)


def _ask(app: App, chunks: Chunks, in_flight: InFlightLimit | None = None, **scope: Any) -> Client:
    client = Client(list(chunks))
    path = scope.pop("path", "/v2/models/m/infer")
    asked = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": [], **scope}
    asyncio.run(_run(BoundedApp(app, LIMITS, in_flight or InFlightLimit(4), {}), asked, client))
    return client


async def _run(app: Callable[[Message, Receive, Send], Awaitable[None]], scope: Message, client: Client) -> None:
    await app(scope, client.receive, client.send)


def test_a_body_in_parts_reaches_the_app_whole() -> None:
    client = _ask(_echo, [(b'{"a"', True), (b": 1}", False)])
    assert (client.status, client.body) == (200, {"got": '{"a": 1}'})


@pytest.mark.parametrize(
    ("app", "chunks", "status"),
    [
        pytest.param(_echo, [(b"x" * 60, True), (b"x" * 60, True), (b"", False)], 413, id="parts above the limit"),
        pytest.param(_echo, [(b"x", True)], 408, id="a body that does not end"),
        pytest.param(_dawdle, [(b"{}", False)], 504, id="an answer that takes too long"),
        pytest.param(_fail, [(b"{}", False)], 500, id="an app that fails"),
    ],
)
def test_refusals(app: App, chunks: Chunks, status: int) -> None:
    client = _ask(app, chunks)
    assert client.status == status
    assert set(client.body) == {"error"}
    assert "secret" not in client.body["error"]


def test_a_full_gate_sheds_requests_and_no_probes() -> None:
    full = InFlightLimit(0)
    shed = _ask(_echo, [(b"{}", False)], full)
    assert (shed.status, shed.headers[b"retry-after"]) == (503, b"1")
    assert _ask(_echo, [], full, method="GET", path="/v2/health/ready").status == 200


def test_places_in_the_gate_are_given_back_whatever_happens() -> None:
    in_flight = InFlightLimit(1)
    for app in (_fail, _dawdle, _echo):
        _ask(app, [(b"{}", False)], in_flight)
    assert in_flight.enter()


def test_slow_bodies_hold_no_places_in_the_gate() -> None:
    in_flight = InFlightLimit(1)
    limits = Limits(reading=30, waiting=10, deadline=30)
    asked = {"type": "http", "method": "POST", "path": "/v2", "raw_path": b"/v2", "headers": []}

    async def run() -> Client:
        app = BoundedApp(_echo, limits, in_flight, {})
        slow = [Client([(b"{", True)]) for _ in range(20)]
        tasks = [asyncio.create_task(_run(app, asked, client)) for client in slow]
        for _ in range(5):
            await asyncio.sleep(0)
        honest = Client([(b"{}", False)])
        await _run(app, asked, honest)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return honest

    assert asyncio.run(run()).status == 200
