"""The outermost ASGI layer: refuses what must not be read, bounds what is, and finds who answers.

A request that the connection has not answered comes here: head checks, then the fast path for large bodies (in a
thread), then MLServer's own app. Every answer that leaves is the client's, in the protocol's form.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from mlserver.errors import MLServerError

from churn_runtimes import metrics
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits, cores
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.head_checks import HEADER_LENGTH, Refusal, refuse, too_large
from churn_runtimes.rest.overflow_connections import OverflowConnections
from churn_runtimes.v2.binary_tensors import WantedBinary, join_answer, read_json, split_request, wanted_binary

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]

BYTES_ON_THE_LOOP = 16_384
"""A body up to this is answered on the event loop, a larger one in a thread."""

_LINGER_SECONDS = 1.0
_LINGER_BYTES = 4 << 20
_NOT_FOR_MLSERVER = frozenset({b"content-type", b"content-length", b"transfer-encoding", b"accept-encoding"})
"""Headers that the app does not see. It would compress what is still to be read here, and the fast path never does."""
_JSON: HeaderList = [(b"content-type", b"application/json")]
_BUSY = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again")
_LATE = Refusal(HTTPStatus.GATEWAY_TIMEOUT, "the answer took too long")
_SLOW_BODY = Refusal(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly", closes=True)
_FAILED = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed to answer; its log says why")


@dataclass
class Answer:
    """A whole response; collects what an ASGI app sends."""

    status: int = 0
    headers: HeaderList = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        """Take one ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
        else:
            self.body += message.get("body", b"")


class BoundedApp:
    """One per server."""

    def __init__(self, mlserver_app: App, limits: Limits, in_flight: InFlightLimit) -> None:
        self._mlserver_app = mlserver_app
        self._limits = limits
        self._in_flight = in_flight
        self._threads = ThreadPoolExecutor(cores(), thread_name_prefix="fast-path")
        self.fast_paths: dict[bytes, FastPath] = {}
        """By raw path; one is opened when its ensemble is ready."""
        self.overflow = OverflowConnections()
        self._head_of: HeaderList | None = None
        self._head = b""
        self._busy = _written(_as_answer(_BUSY))

    @property
    def is_full(self) -> bool:
        """Whether a request would be shed."""
        return self._in_flight.is_full

    def busy(self) -> bytes:
        """The whole answer to a request that is shed before it is read."""
        metrics.refused_request(_BUSY.status)
        return self._busy

    def open_fast_path(self, name: str, version: str | None, fast_path: FastPath) -> None:
        """Answer this ensemble's common requests from now on."""
        for path in [f"/v2/models/{name}/infer", *([f"/v2/models/{name}/versions/{version}/infer"] if version else [])]:
            self.fast_paths[path.encode()] = fast_path

    def answer_head(self, defaults: HeaderList) -> bytes:
        """Status and headers of the fast path's answers up to the length; `defaults` is a new list every second."""
        if defaults is not self._head_of:
            self._head_of = defaults
            headers = [*defaults, *_JSON, (b"content-length", b"")]
            lines = b"\r\n".join(b"%b: %b" % header for header in headers)
            self._head = b"HTTP/1.1 200 OK\r\n" + lines
        return self._head

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = refuse(scope["path"], scope["headers"], self._limits)
        if refusal is None and scope["method"] in ("GET", "HEAD"):
            # Probes and metadata: never shed, however much there is to do.
            await self._reply(send, await self._ask_mlserver(scope, b""))
        elif refusal is None and self._in_flight.enter():
            try:
                await self._answer_body(scope, receive, send)
            finally:
                self._in_flight.leave()
        else:
            await self._refuse(refusal or _BUSY, receive, send)

    async def _answer_body(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._limits.reading):
                body = await self._read(receive)
        except TimeoutError:
            return await self._refuse(_SLOW_BODY, receive, send)
        if isinstance(body, Refusal):
            return await self._refuse(body, receive, send)
        if body is None:
            return None
        try:
            async with asyncio.timeout(self._limits.deadline):
                answer = await self._answer(scope, body)
        except TimeoutError:
            return await self._refuse(_LATE, receive, send)
        except MLServerError as error:
            return await self._refuse(Refusal(HTTPStatus(error.status_code), str(error)), receive, send)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            return await self._refuse(_FAILED, receive, send)
        await self._reply(send, answer)

    async def _read(self, receive: Receive) -> bytes | Refusal | None:
        body: bytes = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if len(body) > self._limits.body:
                return too_large(self._limits)
            if not message["more_body"]:
                return body

    async def _answer(self, scope: Message, body: bytes) -> Answer:
        header_length = dict(scope["headers"]).get(HEADER_LENGTH)
        if header_length is None and b"binary_data" not in body:
            return await self._answer_json(scope, body)
        request = read_json(body) if header_length is None else split_request(body, header_length.decode("latin-1"))
        wanted = wanted_binary(request)
        answer = await self._answer_json(scope, orjson.dumps(request))
        return _to_binary(answer, wanted) if answer.status == HTTPStatus.OK and wanted.anything else answer

    async def _answer_json(self, scope: Message, body: bytes) -> Answer:
        fast_path = self.fast_paths.get(scope["raw_path"])
        if fast_path and scope["method"] == "POST" and (fast_path.slow or len(body) > BYTES_ON_THE_LOOP):
            found = await asyncio.get_running_loop().run_in_executor(self._threads, fast_path.answer, body)
            if found is not None:
                return Answer(HTTPStatus.OK, _JSON, found)
        return await self._ask_mlserver(scope, body)

    async def _ask_mlserver(self, scope: Message, body: bytes) -> Answer:
        answer = Answer()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self._mlserver_app({**scope, "headers": _as_json(scope["headers"], body)}, receive, answer.send)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
        return answer if answer.status else _as_answer(_FAILED)

    async def _refuse(self, refusal: Refusal, receive: Receive, send: Send) -> None:
        metrics.refused_request(refusal.status)
        answer = _as_answer(refusal)
        await self._reply(send, answer, more=refusal.closes)
        if refusal.closes:
            # Closing with bytes unread would reset the connection before the client has read why.
            await _drain(receive)
            await send({"type": "http.response.body", "body": b""})

    async def _reply(self, send: Send, answer: Answer, more: bool = False) -> None:
        headers = [(b"content-length", b"%d" % len(answer.body)), *answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": more})


def _as_answer(refusal: Refusal) -> Answer:
    headers = list(_JSON)
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"1"))
    if refusal.closes:
        headers.append((b"connection", b"close"))
    return Answer(refusal.status, headers, orjson.dumps({"error": refusal.message}))


def _written(answer: Answer) -> bytes:
    headers = b"".join(b"%b: %b\r\n" % header for header in answer.headers)
    status = HTTPStatus(answer.status)
    head = b"HTTP/1.1 %d %b\r\n%bcontent-length: %d\r\n\r\n"
    return head % (status, status.phrase.encode(), headers, len(answer.body)) + answer.body


def _as_json(headers: HeaderList, body: bytes) -> HeaderList:
    # Some clients send JSON without saying so, and the app would not read it.
    kept = [item for item in headers if item[0] not in _NOT_FOR_MLSERVER]
    return [*kept, *_JSON, (b"content-length", b"%d" % len(body))]


def _to_binary(answer: Answer, wanted: WantedBinary) -> Answer:
    length, body = join_answer(orjson.loads(answer.body), wanted)
    headers = [(b"content-type", b"application/octet-stream"), (HEADER_LENGTH, b"%d" % length)]
    return Answer(answer.status, headers, body)


async def _drain(receive: Receive) -> None:
    dropped = 0
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while dropped < _LINGER_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message["more_body"]:
                    return
                dropped += len(message["body"])
    except TimeoutError:
        return
