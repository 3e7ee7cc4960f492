"""The outermost ASGI layer: refuses what must not be read, bounds what is, and finds who answers.

A request that the connection has not answered comes here: head checks, then the fast path in a thread (for large
bodies and many rows), then MLServer's own app. Every answer that leaves is the client's, in the protocol's form.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from mlserver.errors import MLServerError

from churn_runtimes import metrics, tracing
from churn_runtimes.answer_counts import Route
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import CORES, Limits
from churn_runtimes.rest.bounded_bodies import BoundedBodies
from churn_runtimes.rest.fast_path import FastAnswer, FastPath
from churn_runtimes.rest.hang_up import ClientGone, while_connected
from churn_runtimes.rest.head_checks import HEADER_LENGTH, Refusal, is_inference, refuse
from churn_runtimes.rest.written_answers import COME_AGAIN, JSON, OCTETS
from churn_runtimes.traceparent import TRACEPARENT, read_traceparent
from churn_runtimes.v2.binary_tensors import join_answer, read_json, split_request, wanted_binary

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]

_LINGER_SECONDS = 1.0
_LINGER_BYTES = 4 << 20
_NOT_FOR_MLSERVER = frozenset({b"content-type", b"content-length", b"transfer-encoding", b"accept-encoding"})
"""Headers that the app does not see. It would compress what is still to be read here, and the fast path never does."""
_JSON: HeaderList = [(b"content-type", JSON)]
_BUSY = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again")
_LATE = Refusal(HTTPStatus.GATEWAY_TIMEOUT, "the answer took too long")
_FAILED = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed to answer; its log says why")


@dataclass
class Answer:
    """A whole response; collects what an ASGI app sends."""

    status: int = 0
    headers: HeaderList = field(default_factory=list)
    body: bytes = b""
    route: Route = Route.MLSERVER
    """Whose it is; the fast path's own are counted with their scores."""

    async def send(self, message: Message) -> None:
        """Take one ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
        else:
            self.body += message.get("body", b"")


class BoundedApp:
    """One per server."""

    def __init__(
        self, mlserver_app: App, limits: Limits, in_flight: InFlightLimit, fast_paths: Mapping[bytes, FastPath]
    ) -> None:
        self._mlserver_app = mlserver_app
        self._limits = limits
        self._in_flight = in_flight
        self._bodies = BoundedBodies(limits)
        self._fast_paths = fast_paths
        self._threads = ThreadPoolExecutor(CORES, thread_name_prefix="fast-path")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        send = _echoing(scope, send)
        refusal = refuse(scope["path"], scope["headers"], self._limits)
        if refusal is None and scope["method"] in ("GET", "HEAD"):
            # Probes and metadata: never shed, however much there is to do.
            await self._reply(scope, send, await self._ask_mlserver(scope, b""))
        elif refusal is None:
            async with self._bodies.read(receive) as body:
                if body is not None:
                    await self._answer_body(scope, body, receive, send)
        else:
            await self._refuse(scope, refusal, receive, send)

    async def _answer_body(self, scope: Message, body: bytes | Refusal, receive: Receive, send: Send) -> None:
        found = body if isinstance(body, Refusal) else await self._answer_in_time(scope, body, receive)
        if found is None:
            return
        if isinstance(found, Refusal):
            await self._refuse(scope, found, receive, send)
        else:
            await self._reply(scope, send, found)

    async def _answer_in_time(self, scope: Message, body: bytes, receive: Receive) -> Answer | Refusal | None:
        """The answer to a whole request, None when its client has gone.

        It has a place for no longer: a client may read as slowly as it sends.
        """
        if not await self._in_flight.enter_in_time(self._limits.waiting):
            return _BUSY
        try:
            async with asyncio.timeout(self._limits.deadline), while_connected(receive):
                return await self._answer(scope, body)
        except ClientGone:
            return None
        except TimeoutError:
            return _LATE
        except MLServerError as error:
            return Refusal(HTTPStatus(error.status_code), str(error))
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            return _FAILED
        finally:
            self._in_flight.leave()

    async def _answer(self, scope: Message, body: bytes) -> Answer:
        header_length = dict(scope["headers"]).get(HEADER_LENGTH)
        fast_path = self._fast_paths.get(scope["raw_path"]) if scope["method"] == "POST" else None
        if fast_path is not None:
            answer = partial(fast_path.answer, body, header_length, self._limits.rows, scope["headers"])
            found = await asyncio.get_running_loop().run_in_executor(self._threads, answer)
            if found is not None:
                # Here and not in the thread, which nobody may wait for any more.
                found.was_given()
                return _as_scores(found)
        if header_length is None and b"binary_data" not in body:
            return await self._ask_mlserver(scope, body)
        request = read_json(body) if header_length is None else split_request(body, header_length.decode("latin-1"))
        wanted = wanted_binary(request)
        answered = await self._ask_mlserver(scope, orjson.dumps(request))
        if answered.status != HTTPStatus.OK or not wanted.anything:
            return answered
        json_length, joined = join_answer(orjson.loads(answered.body), wanted)
        return Answer(HTTPStatus.OK, _binary(json_length), joined)

    async def _ask_mlserver(self, scope: Message, body: bytes) -> Answer:
        answer = Answer()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self._mlserver_app(
                {**scope, "headers": _headers_of_json(scope["headers"], body)}, receive, answer.send
            )
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
        return answer if answer.status else _as_answer(_FAILED)

    async def _refuse(self, scope: Message, refusal: Refusal, receive: Receive, send: Send) -> None:
        metrics.refused_request(refusal.status, is_inference=is_inference(scope["path"]))
        answer = _as_answer(refusal)
        await _send(send, answer, more=refusal.closes)
        if refusal.closes:
            # Closing with bytes unread would reset the connection before the client has read why.
            await _drain(receive)
            await send({"type": "http.response.body", "body": b""})

    async def _reply(self, scope: Message, send: Send, answer: Answer) -> None:
        if answer.route is Route.MLSERVER and is_inference(scope["path"]):
            metrics.count_code(Route.MLSERVER, str(int(answer.status)))
        await _send(send, answer)


async def _send(send: Send, answer: Answer, more: bool = False) -> None:
    headers = [(b"content-length", b"%d" % len(answer.body)), *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": more})


def _echoing(scope: Message, send: Send) -> Send:
    """The same, with the request's `traceparent` in the answer and in the log, and with its span."""
    given = dict(scope["headers"]).get(TRACEPARENT.encode(), b"")
    traceparent = read_traceparent(given.decode("latin-1"))
    if not tracing.is_wanted(traceparent):
        return send
    began = time.time_ns()

    async def echo(message: Message) -> None:
        if message["type"] == "http.response.start":
            if traceparent is not None:
                message = {**message, "headers": [*message["headers"], (TRACEPARENT.encode(), traceparent.encode())]}
            request = f"{scope['method']} {scope['raw_path'].decode('latin-1')}"
            tracing.finish(traceparent, request, str(int(message["status"])), began)
        await send(message)

    return echo


def _as_answer(refusal: Refusal) -> Answer:
    headers = list(_JSON)
    if refusal.status in COME_AGAIN:
        headers.append((b"retry-after", b"1"))
    if refusal.closes:
        headers.append((b"connection", b"close"))
    return Answer(refusal.status, headers, orjson.dumps({"error": refusal.message}))


def _headers_of_json(headers: HeaderList, body: bytes) -> HeaderList:
    # Some clients send JSON without saying so, and the app would not read it.
    kept = [item for item in headers if item[0] not in _NOT_FOR_MLSERVER]
    return [*kept, *_JSON, (b"content-length", b"%d" % len(body))]


def _as_scores(found: FastAnswer) -> Answer:
    headers = _JSON if found.header_length is None else _binary(found.header_length)
    return Answer(HTTPStatus.OK, headers, found.body, Route.FAST)


def _binary(header_length: int) -> HeaderList:
    return [(b"content-type", OCTETS), (HEADER_LENGTH, b"%d" % header_length)]


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
