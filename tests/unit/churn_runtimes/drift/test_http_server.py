"""The sidecar's pages, asked over a socket."""

import asyncio
from collections.abc import Callable

import pytest
from churn_runtimes.drift.http_server import HttpServer, Page
from churn_runtimes.listener import listen


def _broken() -> Page:
    raise ValueError("no page")


PAGES: dict[str, Callable[[], Page]] = {"/report": lambda: Page("application/json", b"{}"), "/broken": _broken}
ANSWERS = {
    "a page": (b"GET /report HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK", b"{}"),
    "with a query": (b"GET /report?a=1 HTTP/1.1\r\n\r\n", b"200 OK", b"{}"),
    "no page": (b"GET /x HTTP/1.1\r\n\r\n", b"404 Not Found", b"no such page\n"),
    "another method": (b"POST /report HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", b"GET alone\n"),
    "a page that fails": (b"GET /broken HTTP/1.1\r\n\r\n", b"500 Internal Server Error", b"the log says why\n"),
    "no HTTP": (b"\x16\x03\x01\r\n\r\n", b"405 Method Not Allowed", b"GET alone\n"),
}


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:  # hung up on before everything was read
        return b""


async def _ask(*requests: bytes) -> bytes:
    """The last request's answer; the others are left open meanwhile."""
    listener = listen("127.0.0.1", 0)
    serving = asyncio.create_task(HttpServer(PAGES).serve(listener))
    opened = []
    for request in requests:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(request)
        opened.append((reader, writer))
    answer = await _read(opened[-1][0])
    for _, writer in opened:
        writer.close()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return answer


@pytest.mark.parametrize(("request_", "status", "body"), ANSWERS.values(), ids=list(ANSWERS))
def test_each_request_has_its_answer(request_: bytes, status: bytes, body: bytes) -> None:
    answer = asyncio.run(_ask(request_))
    head, _, found = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert found == body
    assert b"Content-Length: %d" % len(body) in head


def test_a_client_that_says_nothing_keeps_nobody_waiting() -> None:
    answer = asyncio.run(_ask(b"", b"GET /rep", ANSWERS["a page"][0]))
    assert answer.endswith(b"{}")


def test_a_head_without_end_is_not_kept() -> None:
    answer = asyncio.run(_ask(b"GET /report HTTP/1.1\r\nX: " + b"x" * 100_000))
    assert answer == b""


def test_more_clients_at_once_than_there_is_room_for_are_hung_up_on() -> None:
    answer = asyncio.run(_ask(*[b""] * 16, ANSWERS["a page"][0]))
    assert answer == b""
