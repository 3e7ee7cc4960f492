"""Both ways through one server, in this process: the fast path where it answers, and MLServer's application.

This module alone knows how the server is put together; tests post to `Way.FAST` and `Way.MLSERVER`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from churn_models.bundle import Bundle
from churn_models.traffic import Traffic
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.spread import Spread
from churn_runtimes.candidate.tally import Tally
from churn_runtimes.candidate.trial import Trial
from churn_runtimes.ensemble import ChurnEnsemble
from churn_runtimes.limits import Limits
from churn_runtimes.listener import listen
from churn_runtimes.model_settings import model_settings
from churn_runtimes.rest.bounded_app import BoundedApp
from churn_runtimes.rest.fast_path import FastAnswer
from churn_runtimes.server import ChurnServer, Ports, Served
from support.tables import offer

Result = TypeVar("Result")

HEADER_LENGTH = "Inference-Header-Content-Length"
_LIMITS = Limits()


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

    def __init__(self, bundle: Bundle, name: str, version: str, limits: Limits = _LIMITS) -> None:
        self._runner = asyncio.Runner()
        self._name = name
        self._server = self._runner.run(_load(Served(model_settings(bundle, name, version), bundle), limits))
        self.in_flight = self._server._grpc_server.servicer._in_flight
        self._slow = BoundedApp(self._server._rest_server._app, limits, self.in_flight, {})
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

    def call(self, way: Way, request: Any, metadata: Sequence[tuple[str, str]]) -> Any:
        """The same by gRPC; None where the fast path leaves the request to the other way."""
        servicer = self._server._grpc_server.servicer
        if way is Way.FAST:
            return servicer.fast_paths[self._name].answer(request, metadata)
        return self._runner.run(servicer._answer(request, metadata))

    def run(self, story: Coroutine[Any, Any, Result]) -> Result:
        """Several requests at once: `story` awaits what `post_async` and `call_async` give."""
        return self._runner.run(story)

    async def post_async(self, path: str, body: bytes) -> Answer:
        """One of REST without the fast path."""
        return await _post(self._slow, path, body, {})

    async def hang_up_async(self, path: str, body: bytes, is_time: Callable[[], bool]) -> list[Any]:
        """The same by a client that goes as soon as it is time; what it was sent."""
        parts, sent = iter([{"type": "http.request", "body": body, "more_body": False}]), []

        async def receive() -> Any:
            if (part := next(parts, None)) is not None:
                return part
            while not is_time():
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
        await self._slow({**scope, "headers": [], "http_version": "1.1", "scheme": "http"}, receive, send)
        return sent

    async def call_async(self, request: Any) -> Any:
        """One of gRPC without the fast path."""
        return await self._server._grpc_server.servicer._infer(request, ())

    @property
    def ensemble(self) -> ChurnEnsemble:
        """The model that has loaded."""
        model = self._runner.run(self._server._model_registry.get_model(self._name))
        assert isinstance(model, ChurnEnsemble)
        return model

    def try_candidate(self, candidate: PackedTable, weight: int, sticky: str | None) -> Tally:
        """Have it answer that share from now on, for ever; what both have scored is in the tally."""
        ensemble = self._runner.run(self._server._model_registry.get_model(self._name))
        traffic = Traffic(
            generation=1,
            tables=(offer(candidate),),
            candidate=candidate.sha256,
            weight=weight,
            sample=100,
            sticky=sticky,
        )
        tally = Tally(ensemble.table, candidate, ensemble.table)
        ensemble.answering.trial = Trial(ensemble.table, tally, traffic, Spread(0), lambda: 0.0)
        return tally

    def _try_fast(self, path: str, body: bytes, headers: Mapping[str, str]) -> FastAnswer | None:
        header_length = headers.get(HEADER_LENGTH)
        return self._server._rest_server.fast_paths[path.encode()].answer(
            body,
            header_length.encode() if header_length is not None else None,
            Limits.rows,
            [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        )


class _InTests(ChurnServer):
    def _add_signal_handlers(self) -> None:
        """The test run keeps its own."""


async def _load(served: Served, limits: Limits) -> ChurnServer:
    with listen("127.0.0.1", 0) as unused:
        server = _InTests(Ports("127.0.0.1", unused, 0, unused), served, limits)
    for settings in served.models:
        await server._model_registry.load(settings)
    return server


async def _post(app: BoundedApp, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(path, content=body, headers=headers)
    found = answer.headers
    return Answer(answer.status_code, found.get("content-type"), found.get(HEADER_LENGTH), answer.content)
