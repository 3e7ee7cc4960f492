"""Four pages for operator, kubelet and Prometheus. A web framework would be a third of the sidecar's memory."""

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

logger = logging.getLogger(__name__)

_HEAD_BYTES = 8192
_SECONDS = 5.0
"""For a whole request and its answer."""
_AT_ONCE = 16


class Page(NamedTuple):
    """What is answered."""

    content_type: str
    body: bytes


class HttpServer:
    """Answers GET by path, one request to a connection."""

    def __init__(self, pages: Mapping[str, Callable[[], Page]]) -> None:
        self._pages = pages
        self._places = _AT_ONCE

    async def serve(self, listener: socket.socket) -> None:
        """Until it is cancelled."""
        server = await asyncio.start_server(self._connected, sock=listener, limit=_HEAD_BYTES)
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._places > 0:
                self._places -= 1
                try:
                    await self._answer(reader, writer)
                finally:
                    self._places += 1
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer_to(head))
                await writer.drain()

    def _answer_to(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1")
        if method != b"GET":
            return _written(HTTPStatus.METHOD_NOT_ALLOWED, Page("text/plain", b"GET alone\n"))
        if path not in self._pages:
            return _written(HTTPStatus.NOT_FOUND, Page("text/plain", b"no such page\n"))
        try:
            return _written(HTTPStatus.OK, self._pages[path]())
        except Exception:
            logger.exception("%s could not be answered", path)
            return _written(HTTPStatus.INTERNAL_SERVER_ERROR, Page("text/plain", b"the log says why\n"))


def _written(status: HTTPStatus, page: Page) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {page.content_type}\r\n"
        f"Content-Length: {len(page.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + page.body
