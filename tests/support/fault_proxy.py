"""A proxy between the operator and the API server that counts writes, kills a process at one, and breaks watches.

HTTP on its own side, HTTPS to the API server; it passes on whoever asks by the Authorization header.
"""

import asyncio
import json
import os
import signal
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

import h11
from support.api_server import ApiServer
from support.background_loop import BackgroundLoop
from support.processes import free_port

_CHUNK = 1 << 16
_CLOSING_SECONDS = 0.05
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NO_STATE = ("/leases", "/selfsubject", "/subjectaccessreviews", "/tokenreviews")


class Moment(StrEnum):
    """When a write kills: it has not reached the API server, or it has and the reply gets lost."""

    BEFORE = "before"
    AFTER = "after"


class StreamFault(StrEnum):
    """What happens to every watch that is open."""

    ERROR_IN_STREAM = "error in stream"
    EXPIRED_IN_STREAM = "expired in stream"
    HALF_LINE = "half line"
    FREEZE = "freeze"
    CLOSE = "close"


@dataclass(frozen=True)
class Write:
    """One request that changes something; leases and reviews are not counted."""

    method: str
    path: str
    at: float


@dataclass(frozen=True)
class _Kill:
    number: int
    moment: Moment
    pid: Callable[[], int]


@dataclass(frozen=True)
class _Refusal:
    status: int
    until: float
    watches_only: bool


@dataclass(frozen=True)
class _Request:
    head: h11.Request
    body: bytes

    @property
    def method(self) -> str:
        return self.head.method.decode()

    @property
    def target(self) -> str:
        return self.head.target.decode()

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def watches(self) -> bool:
        return self.method == "GET" and self.query.get("watch", [""])[0] in ("1", "true", "True")

    @property
    def writes(self) -> bool:
        changes = self.method in _WRITES and "dryRun" not in self.query
        return changes and not any(part in self.path for part in _NO_STATE)


class _Dropped(Exception):
    """This connection ends without another byte."""


@dataclass
class _Side:
    """One end of a proxied connection."""

    state: h11.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def event(self) -> h11.Event:
        while True:
            event = self.state.next_event()
            if event is h11.NEED_DATA:
                self.state.receive_data(await self.reader.read(_CHUNK))
            elif isinstance(event, h11.Event):
                return event
            else:
                raise _Dropped

    async def send(self, *events: h11.Event) -> None:
        self.writer.write(b"".join(self.state.send(event) or b"" for event in events))
        await self.writer.drain()

    def again(self) -> bool:
        """Whether another request can follow on this connection."""
        if self.state.our_state is h11.DONE and self.state.their_state is h11.DONE:
            self.state.start_next_cycle()
            return True
        return False


@dataclass(eq=False)
class _Watch:
    fault: "asyncio.Future[StreamFault]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class FaultProxy(BackgroundLoop):
    """Start with `with FaultProxy(server) as proxy`; `writes` holds every write that arrived, oldest first.

    `reads` counts the others by path, `refusals` holds what the API server said no to; leases and reviews do not count.
    """

    def __init__(self, server: ApiServer) -> None:
        super().__init__()
        self._upstream = urlsplit(server.url)
        self._tls = ssl.create_default_context(cafile=str(server.authority))
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.writes: list[Write] = []
        self._last_request = time.monotonic()
        self.reads: Counter[str] = Counter()
        self.refusals: list[tuple[int, str]] = []
        self._kill: _Kill | None = None
        self._refusal: _Refusal | None = None
        self._watches: set[_Watch] = set()
        self._connections: set[asyncio.Future[None]] = set()

    def kill_on_write(self, number: int, moment: Moment, pid: Callable[[], int]) -> None:
        """SIGKILL a process at the n-th write from now on (the first is 1), once."""
        self._kill = _Kill(len(self.writes) + number, moment, pid)

    @property
    def kill_pending(self) -> bool:
        """Whether the asked kill has not happened yet."""
        return self._kill is not None

    def forget_kill(self) -> None:
        """Let the process live after all."""
        self._kill = None

    def quiet_for(self, seconds: float) -> bool:
        """Whether nothing was read or written for so long; watches that are opened again do not count."""
        return time.monotonic() - self._last_request > seconds

    @property
    def open_connections(self) -> int:
        """How many connections of the operator are open now, watches or not."""
        return len(self._connections)

    @property
    def open_watches(self) -> int:
        """How many watches are open now."""
        return len(self._watches)

    @property
    def refuses(self) -> bool:
        """Whether `refuse` is still in force."""
        return self._refusal is not None and time.monotonic() < self._refusal.until

    def break_watches(self, fault: StreamFault) -> int:
        """Let it happen to every watch that is open now. Gives their number."""
        watches = list(self._watches)
        self.loop.call_soon_threadsafe(_break, watches, fault)
        return len(watches)

    def refuse(self, status: int, seconds: float, watches_only: bool = False) -> None:
        """Close every open watch, then answer this status, to everything or to new watches, for so long."""
        self._refusal = _Refusal(status, time.monotonic() + seconds, watches_only)
        self.break_watches(StreamFault.CLOSE)

    async def work(self) -> None:
        """Accept connections until cancelled."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self.ready()
        try:
            await server.serve_forever()
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            # Aborted transports close in the next turns of the loop.
            await asyncio.sleep(_CLOSING_SECONDS)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._connection(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._ended)

    def _ended(self, connection: "asyncio.Future[None]") -> None:
        self._connections.discard(connection)
        if not connection.cancelled() and (error := connection.exception()):
            self.failed(error)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Side(h11.Connection(h11.SERVER), reader, writer)
        sides = [client]
        try:
            with suppress(_Dropped, ConnectionError, h11.ProtocolError):
                await self._serve(client, sides)
        finally:
            for side in sides:
                side.writer.transport.abort()

    async def _serve(self, client: _Side, sides: list[_Side]) -> None:
        # `sides` gets every connection to the API server that this one needs; the last one is in use.
        while request := await _request(client):
            self._note(request)
            if len(sides) == 1 or not sides[-1].again():
                host, port = self._upstream.hostname, self._upstream.port
                reader, writer = await asyncio.open_connection(host, port, ssl=self._tls)
                sides.append(_Side(h11.Connection(h11.CLIENT), reader, writer))
            await self._exchange(request, client, sides[-1])
            if not client.again():
                return

    def _note(self, request: _Request) -> None:
        if request.watches or any(part in request.path for part in _NO_STATE):
            return
        self._last_request = time.monotonic()
        self.reads.update([request.path] if request.method == "GET" else [])

    async def _exchange(self, request: _Request, client: _Side, upstream: _Side) -> None:
        if status := self._refused(request):
            await client.send(*_status_answer(status))
            return
        kill = self._count(request)
        if kill and kill.moment is Moment.BEFORE:
            self._strike(kill)
        await upstream.send(request.head, h11.Data(data=request.body), h11.EndOfMessage())
        if request.watches:
            await self._relay_watch(client, upstream)
            return
        answer = [event async for event in _events(upstream)]
        if isinstance(answer[0], h11.Response) and answer[0].status_code >= 400:
            self.refusals.append((answer[0].status_code, request.path))
        if kill:
            self._strike(kill)
        await client.send(*answer)

    def _refused(self, request: _Request) -> int | None:
        refusal = self._refusal
        if refusal is None or not self.refuses:
            return None
        return refusal.status if request.watches or not refusal.watches_only else None

    def _count(self, request: _Request) -> _Kill | None:
        if not request.writes:
            return None
        self.writes.append(Write(request.method, request.path, time.monotonic()))
        due = self._kill is not None and len(self.writes) >= self._kill.number
        return self._kill if due else None

    def _strike(self, kill: _Kill) -> None:
        self._kill = None
        os.kill(kill.pid(), signal.SIGKILL)
        raise _Dropped

    async def _relay_watch(self, client: _Side, upstream: _Side) -> None:
        watch = _Watch()
        self._watches.add(watch)
        gone = asyncio.ensure_future(client.reader.read(1))
        try:
            async for event in _events_until(upstream, watch.fault, gone):
                await client.send(event)
            if watch.fault.done():
                await _happen(watch.fault.result(), client, gone)
        finally:
            gone.cancel()
            self._watches.discard(watch)
        raise _Dropped


async def _request(client: _Side) -> _Request | None:
    head = await client.event()
    if not isinstance(head, h11.Request):
        return None
    body = [bytes(event.data) async for event in _events(client) if isinstance(event, h11.Data)]
    return _Request(head, b"".join(body))


async def _events(side: _Side) -> AsyncIterator[h11.Event]:
    """Up to the end of this message, that included."""
    while True:
        event = await side.event()
        if isinstance(event, h11.ConnectionClosed):
            raise _Dropped
        yield event
        if isinstance(event, h11.EndOfMessage):
            return


async def _events_until(
    upstream: _Side, fault: "asyncio.Future[StreamFault]", gone: "asyncio.Future[bytes]"
) -> AsyncIterator[h11.Event]:
    while True:
        following = asyncio.ensure_future(upstream.event())
        anything: set[asyncio.Future[Any]] = {following, fault, gone}
        await asyncio.wait(anything, return_when=asyncio.FIRST_COMPLETED)
        if fault.done() or gone.done():
            following.cancel()
            return
        event = following.result()
        yield event
        if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return


async def _happen(fault: StreamFault, client: _Side, gone: "asyncio.Future[bytes]") -> None:
    match fault:
        case StreamFault.ERROR_IN_STREAM:
            await client.send(h11.Data(data=_error_line(500)), h11.EndOfMessage())
        case StreamFault.EXPIRED_IN_STREAM:
            await client.send(h11.Data(data=_error_line(410)), h11.EndOfMessage())
        case StreamFault.HALF_LINE:
            await client.send(h11.Data(data=b'{"type":"MODIFIED","object":{"metadata":{"na'))
        case StreamFault.FREEZE:
            await gone
        case StreamFault.CLOSE:
            await client.send(h11.EndOfMessage())


def _break(watches: list[_Watch], fault: StreamFault) -> None:
    for watch in watches:
        if not watch.fault.done():
            watch.fault.set_result(fault)


_REASONS = {401: "Unauthorized", 403: "Forbidden", 410: "Expired", 500: "InternalError", 503: "ServiceUnavailable"}


def _status(code: int) -> dict[str, object]:
    reason = _REASONS.get(code, "Timeout")
    message = f"fault injected by the tests ({code})"
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return {**status, "reason": reason, "code": code, "message": message}


def _error_line(code: int) -> bytes:
    return json.dumps({"type": "ERROR", "object": _status(code)}).encode() + b"\n"


def _status_answer(code: int) -> list[h11.Event]:
    body = json.dumps(_status(code)).encode()
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    return [h11.Response(status_code=code, headers=headers), h11.Data(data=body), h11.EndOfMessage()]
