"""Both ways through one server, in this process: the fast path where it answers, and MLServer's application.

This module alone knows how the server is put together; tests post to `Way.FAST` and `Way.MLSERVER`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

import httpx
from churn_models.bundle import Bundle
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.listener import listen
from churn_runtimes.model_settings import model_settings
from churn_runtimes.rest.bounded_app import BoundedApp
from churn_runtimes.rest.fast_path import FastAnswer, FastPath
from churn_runtimes.server import ChurnServer, Ports, Served

HEADER_LENGTH = "Inference-Header-Content-Length"


class Way(Enum):
    """How a request goes."""

    FAST = auto()
    """The fast path answers, or leaves the request to the other way."""
    MLSERVER = auto()
    """Through MLServer's application within its bounds, without a fast path."""


@dataclass(frozen=True)
class Answer:
    """What two ways must have in common."""

    status: int
    content_type: str | None
    header_length: str | None
    body: bytes


class V2Apps:
    """The models of a bundle, loaded once, behind both ways; their loop runs while a request does."""

    def __init__(self, bundle: Bundle, name: str, version: str) -> None:
        self._runner = asyncio.Runner()
        self._slow, self._fast_paths = self._runner.run(_load(Served(model_settings(bundle, name, version), bundle)))
        self.by_fast_path = 0
        """Requests that the fast path has answered."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._runner.close()

    def post(self, way: Way, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request the given way."""
        found = self._try_fast(path, body, headers) if way is Way.FAST else None
        if found is not None:
            self.by_fast_path += 1
            if found.header_length is None:
                return Answer(200, "application/json", None, found.body)
            return Answer(200, "application/octet-stream", str(found.header_length), found.body)
        return self._runner.run(_post(self._slow, path, body, headers))

    def _try_fast(self, path: str, body: bytes, headers: Mapping[str, str]) -> FastAnswer | None:
        header_length = headers.get(HEADER_LENGTH)
        return self._fast_paths[path.encode()].answer(
            body, header_length.encode() if header_length is not None else None, Limits.rows
        )


class _InTests(ChurnServer):
    def _add_signal_handlers(self) -> None:
        """The test run keeps its own."""


async def _load(served: Served) -> tuple[BoundedApp, Mapping[bytes, FastPath]]:
    limits = Limits()
    with listen("127.0.0.1", 0) as unused:
        server = _InTests(Ports("127.0.0.1", unused, 0, unused), served, limits)
    for settings in served.models:
        await server._model_registry.load(settings)
    slow = BoundedApp(server._rest_server._app, limits, InFlightLimit(limits.in_flight), {})
    return slow, server._rest_server.fast_paths


async def _post(app: BoundedApp, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(path, content=body, headers=headers)
    found = answer.headers
    return Answer(answer.status_code, found.get("content-type"), found.get(HEADER_LENGTH), answer.content)
