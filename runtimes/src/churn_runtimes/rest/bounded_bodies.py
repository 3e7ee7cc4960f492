"""Reads the bodies of what the bounded app answers, before a request takes a place among those in flight.

So a client that sends slowly holds nothing but its own connection. What is read of all bodies together is bounded, too.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from churn_runtimes.limits import Limits
from churn_runtimes.rest.head_checks import Refusal, too_large

_SMALL_BYTES = 65_536
"""What uvicorn reads of a body before anybody asks for it: the number of connections bounds that already."""
_LARGE_BYTES = 64 << 20
"""What all bodies larger than that may take together."""
_SLOW = Refusal(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly", closes=True)
_TOO_MUCH = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many large bodies at once; try again", closes=True)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BoundedBodies:
    """One per server."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._large_bytes = 0

    @asynccontextmanager
    async def read(self, receive: Receive) -> AsyncIterator[bytes | Refusal | None]:
        """A body, which counts until the block ends; a refusal instead, or None when the client has gone."""
        body = bytearray()
        try:
            yield await self._read_in_time(receive, body)
        finally:
            self._large_bytes -= _large(len(body))

    async def _read_in_time(self, receive: Receive, body: bytearray) -> bytes | Refusal | None:
        try:
            async with asyncio.timeout(self._limits.reading):
                return await self._read(receive, body)
        except TimeoutError:
            return _SLOW

    async def _read(self, receive: Receive, body: bytearray) -> bytes | Refusal | None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            before = len(body)
            body += message["body"]
            self._large_bytes += _large(len(body)) - _large(before)
            if len(body) > self._limits.body:
                return too_large(self._limits)
            if not message["more_body"]:
                return bytes(body)
            if len(body) > _SMALL_BYTES and self._large_bytes > _LARGE_BYTES:
                return _TOO_MUCH


def _large(size: int) -> int:
    return size if size > _SMALL_BYTES else 0
