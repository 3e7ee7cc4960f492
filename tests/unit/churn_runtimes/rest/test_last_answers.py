"""How a connection ends: one answer to each request in their order, and then the reason."""

import asyncio
import re
import socket
import time
from typing import Any, cast

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.way import BYTES_ON_THE_LOOP
from support.connection_server import serving
from support.keep_alive import request

PATH = "/v2/models/small/infer"
LARGE = b" " * (BYTES_ON_THE_LOOP + 1)
GARBAGE = b"\x00\x00 no HTTP\r\n\r\n"
CLOSE = {"Connection": "close"}
CHUNKED = b"POST /other HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD = b"GET / HTTP/1.1\r\nX: "
SECONDS = 15


class _NeverAnswers:
    """A fast path that leaves every request to the others."""

    slow = False

    def answer(self, body: bytes, header_length: bytes | None, max_rows: int, headers: object) -> None:
        return None


async def _slowly(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(0.2)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def _talk(url: str, parts: list[bytes]) -> bytes:
    """All that the server says until it closes."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(0.05)
        said = b""
        while data := client.recv(65_536):
            said += data
        return said


async def _said(parts: list[bytes], limits: Limits | None = None, places: int = 1) -> bytes:
    fast_paths = {PATH.encode(): cast(FastPath, _NeverAnswers())}
    async with serving(fast_paths, InFlightLimit(places), limits or Limits(), _slowly) as url:
        return await asyncio.to_thread(_talk, url, parts)


def _statuses(said: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)]


@pytest.mark.parametrize(
    ("parts", "statuses"),
    [
        pytest.param([request("/a") + GARBAGE], [200, 400], id="behind one that is answered"),
        pytest.param([request("/a") + request("/b") + GARBAGE], [200, 200, 400], id="behind one that waits"),
        pytest.param([CHUNKED + b"zz\r\n"], [400], id="in its own body"),
        pytest.param([request("/a") + CHUNKED + b"zz\r\n"], [200, 400], id="in its own body, behind another"),
        pytest.param([request("/a") + HEAD, b"a" * 60_000, b"a" * 6_000], [200, 431], id="an endless head"),
    ],
)
def test_what_is_wrong_is_told_behind_the_answers_that_are_owed(parts: list[bytes], statuses: list[int]) -> None:
    assert _statuses(asyncio.run(_said(parts))) == statuses


@pytest.mark.parametrize(
    "trailers",
    [
        pytest.param([b"a: b\r\n" * 10_000, b"a: b\r\n" * 1_000], id="many"),
        pytest.param([b"a: " + b"b" * 60_000, b"b" * 6_000], id="one value"),
    ],
)
def test_endless_trailers_are_refused(trailers: list[bytes]) -> None:
    assert _statuses(asyncio.run(_said([CHUNKED + b"1\r\na\r\n0\r\n", *trailers]))) == [431]


@pytest.mark.parametrize("sent", [request(PATH, LARGE, headers=CLOSE), request(PATH, LARGE).replace(b"1.1", b"1.0", 1)])
def test_what_is_shed_closes_where_its_client_wants_that(sent: bytes) -> None:
    said = asyncio.run(_said([sent], places=0))
    assert (_statuses(said), b"connection: close" in said) == ([503], True)


def test_what_is_shed_and_does_not_end_has_its_answer_already() -> None:
    said = asyncio.run(_said([request(PATH, LARGE)[:-1]], Limits(reading=0.5), places=0))
    assert _statuses(said) == [503]


def test_a_stopping_server_does_not_wait_for_the_rest_of_a_request() -> None:
    async def seconds() -> tuple[float, bytes]:
        async with serving(
            {PATH.encode(): cast(FastPath, _NeverAnswers())}, InFlightLimit(1), Limits(reading=3)
        ) as url:
            client = asyncio.create_task(asyncio.to_thread(_talk, url, [request(PATH, b"{}")[:-1]]))
            await asyncio.sleep(0.5)
            began = time.monotonic()
        return time.monotonic() - began, await client

    took, said = asyncio.run(seconds())
    assert _statuses(said) == [408]
    assert took < SECONDS
