"""Both ways through one server, in this process: its ASGI application with the lane in front, and without.

This module alone knows how the server is put together; tests post to `Way.LANE` and `Way.STOCK`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import httpx
from churn_models.bundle import Bundle
from churn_runtimes.model_settings import model_settings
from churn_runtimes.server import ChurnServer, Ports, _settings


class Way(Enum):
    """How a request goes."""

    LANE = auto()
    """Answered by the lane where it can be, else passed on."""
    STOCK = auto()
    """Answered by MLServer's application."""


@dataclass(frozen=True)
class Answer:
    """What two ways must have in common."""

    status: int
    content_type: str | None
    body: bytes


class V2Apps:
    """The models of a bundle, loaded once, behind both applications; their loop runs while a request does."""

    def __init__(self, bundle: Bundle, name: str, version: str) -> None:
        self._runner = asyncio.Runner()
        self._apps: Mapping[Way, Any] = self._runner.run(_load(model_settings(bundle, name, version)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._runner.close()

    def post(self, way: Way, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request the given way."""
        return self._runner.run(_post(self._apps[way], path, body, headers))


async def _load(models: list[Any]) -> Mapping[Way, Any]:
    server = ChurnServer(_settings("127.0.0.1", Ports(0, 0, 0)), models)
    for settings in models:
        await server._model_registry.load(settings)
    return {Way.STOCK: server._rest_server._app, Way.LANE: server._rest_server._app}


async def _post(app: Any, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(path, content=body, headers=headers)
    return Answer(answer.status_code, answer.headers.get("content-type"), answer.content)
