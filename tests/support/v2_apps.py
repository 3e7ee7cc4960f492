"""Both ways through one server, in this process: the lane where it answers, and MLServer's application.

This module alone knows how the server is put together; tests post to `Way.LANE` and `Way.STOCK`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

import httpx
from churn_models.bundle import Bundle
from churn_runtimes.gate import Gate
from churn_runtimes.limits import Limits
from churn_runtimes.listener import listen
from churn_runtimes.model_settings import model_settings
from churn_runtimes.rest.front import Front
from churn_runtimes.rest.lane import Lane
from churn_runtimes.server import ChurnServer, Ports, Served


class Way(Enum):
    """How a request goes."""

    LANE = auto()
    """The lane answers, or leaves the request to the other way."""
    STOCK = auto()
    """Through the front and MLServer's application, to which no lane is open."""


@dataclass(frozen=True)
class Answer:
    """What two ways must have in common."""

    status: int
    content_type: str | None
    body: bytes


class V2Apps:
    """The models of a bundle, loaded once, behind both ways; their loop runs while a request does."""

    def __init__(self, bundle: Bundle, name: str, version: str) -> None:
        self._runner = asyncio.Runner()
        self._stock, self._lanes = self._runner.run(_load(Served(model_settings(bundle, name, version), bundle)))
        self.by_lane = 0
        """Requests that the lane has answered."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._runner.close()

    def post(self, way: Way, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request the given way."""
        found = self._lanes[path.encode()].answer(body) if way is Way.LANE else None
        if found is not None:
            self.by_lane += 1
            return Answer(200, "application/json", found)
        return self._runner.run(_post(self._stock, path, body, headers))


class _InTests(ChurnServer):
    def _add_signal_handlers(self) -> None:
        """The test run keeps its own."""


async def _load(served: Served) -> tuple[Front, Mapping[bytes, Lane]]:
    limits = Limits()
    with listen("127.0.0.1", 0) as unused:
        server = _InTests(Ports("127.0.0.1", unused, 0, unused), served, limits)
    for settings in served.models:
        await server._model_registry.load(settings)
    return Front(server._rest_server._app, limits, Gate(limits.in_flight)), server._rest_server.front.lanes


async def _post(app: Front, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(path, content=body, headers=headers)
    return Answer(answer.status_code, answer.headers.get("content-type"), answer.content)
