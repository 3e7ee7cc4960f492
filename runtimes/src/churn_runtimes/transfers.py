"""What a server gives to other pods on its metrics port: a few files at a time, and none of them for ever.

The loop that sends them also answers requests.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

_TRANSFERS = 4
_SECONDS = 60


class Transfers:
    """The places of one kind of file."""

    def __init__(self) -> None:
        self._under_way = 0

    async def give(self, response: Response | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it whole; 404 where there is none, 503 while enough transfers are under way."""
        if scope["method"] != "GET":
            await _refusal(405, "only GET")(scope, receive, send)
        elif response is None:
            await _refusal(404, "not a file that is offered here")(scope, receive, send)
        elif self._under_way >= _TRANSFERS:
            await _refusal(503, "enough transfers are under way", {"retry-after": "1"})(scope, receive, send)
        else:
            await self._send(response, scope, receive, send)

    async def _send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        # Whole files alone: parts would be read at one's leisure.
        whole = [(name, value) for name, value in scope["headers"] if name != b"range"]
        with self._one_more(), suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                await response({**scope, "headers": whole}, receive, send)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


def _refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status_code=status, headers=Headers(headers or {}))
