"""A small HTTP server that nobody can hold up: `traffic_server` and `alerts_server` answer by it.

Of itself aiohttp waits for ever for a first request, and takes as many connections as come.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

_CONNECTION_SECONDS = 5.0
"""One is opened for each question, which takes milliseconds, or two seconds where it is held (`held_questions`)."""
_CONNECTIONS = 1024
"""At once; with more, whoever comes is not heard. The process needs its files for the API server, too."""
_REFUSED_SECONDS = 0.01
"""Not at once: uvloop has not given the protocol its connection by then, and nothing would be ended."""
_END_SECONDS = 0.1
"""For the answers under way; one that is held asks elsewhere."""
_LONGEST_LINE = 2048


@asynccontextmanager
async def serve_bounded(port: int, app: web.Application) -> AsyncIterator[None]:
    """Answer on this port, on every address, until the block ends; what is asked then is not answered any more."""
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=0.0, shutdown_timeout=_END_SECONDS, max_line_size=_LONGEST_LINE
    )
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(_Bounded(runner), port=port)
    try:
        yield
    finally:
        server.close()
        await runner.cleanup()


class _Bounded:
    """Makes aiohttp's protocols, and ends each after its time."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._server = runner.server

    def __call__(self) -> RequestHandler:
        assert self._server is not None  # set up before
        protocol: RequestHandler = self._server()
        loop = asyncio.get_running_loop()
        full = len(self._server.connections) >= _CONNECTIONS
        loop.call_later(_REFUSED_SECONDS if full else _CONNECTION_SECONDS, _end, protocol)
        return protocol


def _end(protocol: RequestHandler) -> None:
    if protocol.transport is not None:
        protocol.transport.abort()
