"""The port that serving pods ask: what it answers to whom, and that nobody can hold it up."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import pytest
from aiohttp import ClientSession
from churn_models.traffic import Traffic
from churn_operator import bounded_server
from churn_operator.errors import Unreachable
from churn_operator.traffic_board import TrafficBoard
from churn_operator.traffic_server import serve_traffic
from support.free_port import free_port

URL = "/traffic/churn/telco?pod=telco-1"


@dataclass(frozen=True)
class Settled:
    """Nothing is tried."""

    generation: int

    def for_pod(self, pod: str) -> Traffic:
        """The pod's name tells the generation, so that a test sees who has asked."""
        return Traffic(generation=self.generation + len(pod))


def leads() -> None:
    """This process leads."""


def stands_by() -> None:
    """Another one does."""
    raise Unreachable("the Lease was not renewed within 10 s")


def _board() -> TrafficBoard:
    board = TrafficBoard()
    board.listed("churn", ["telco"])
    board.say(("churn", "telco"), Settled(3))
    return board


Found = TypeVar("Found")
Answer = tuple[int, dict[str, object] | str]


def _ask(method: str, path: str, leading: Callable[[], None] = leads) -> Answer:
    async def ask(port: int) -> Answer:
        async with ClientSession() as session, session.request(method, f"http://127.0.0.1:{port}{path}") as response:
            text = await response.text()
            if response.content_type != "application/json":
                return response.status, text
            assert response.headers["Connection"] == "close"
            return response.status, json.loads(text)

    return _served(leading, ask)


def _served(leading: Callable[[], None], ask: Callable[[int], Awaitable[Found]]) -> Found:
    async def main() -> Found:
        port = free_port()
        server = await serve_traffic(port, _board(), leading)
        try:
            return await ask(port)
        finally:
            server.close()

    return asyncio.run(main())


def test_the_leader_answers_with_its_word() -> None:
    status, said = _ask("GET", URL)
    assert status == 200
    assert Traffic.read(json.dumps(said).encode()) == Traffic(generation=10)


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/traffic/churn/other?pod=x", 404, "there is no ChurnModel churn/other"),
        ("/traffic/elsewhere/telco?pod=x", 503, "nothing is known of elsewhere/telco yet"),
    ],
)
def test_what_it_cannot_say(path: str, status: int, why: str) -> None:
    assert _ask("GET", path) == (status, {"error": why})


@pytest.mark.parametrize("path", [URL, "/traffic/churn/other", "/traffic/elsewhere/telco"])
def test_who_does_not_lead_says_nothing_of_any_model(path: str) -> None:
    assert _ask("GET", path, stands_by) == (503, {"error": "the Lease was not renewed within 10 s"})


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_it_is_for_reading_alone(method: str) -> None:
    assert _ask(method, URL)[0] == 405


@pytest.mark.parametrize("path", ["/", "/traffic", "/traffic/churn", "/traffic/churn/telco/more", "/metrics"])
def test_it_has_no_other_path(path: str) -> None:
    assert _ask("GET", path)[0] == 404


def test_a_long_line_is_refused() -> None:
    assert _ask("GET", f"{URL}&more={'x' * 5000}")[0] == 400


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _ends(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10):
            return await reader.read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /traffic/churn/telco HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half"])
def test_whoever_connects_and_does_not_ask_is_let_go(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_server, "_CONNECTION_SECONDS", 0.2)

    async def ask(port: int) -> bool:
        async with _connected(port) as (reader, writer):
            writer.write(sent)
            return await _ends(reader)

    assert _served(leads, ask)


def test_more_connections_than_it_takes_leave_the_others_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_server, "_CONNECTIONS", 3)

    async def ask(port: int) -> tuple[bool, bytes]:
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(_connected(port)) for _ in range(3)]
            refused, _ = await stack.enter_async_context(_connected(port))
            let_go = await _ends(refused)
            held[0][1].write(f"GET {URL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            return let_go, await held[0][0].readline()

    assert _served(leads, ask) == (True, b"HTTP/1.1 200 OK\r\n")
