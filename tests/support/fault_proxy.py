"""A proxy between the operator and the API server that counts writes, kills a process at one, and breaks watches.

HTTP on its own side, HTTPS to the API server; it passes on whoever asks by the Authorization header.
"""

import asyncio
import os
import signal
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import h11
from support.api_server import ApiServer
from support.background_loop import BackgroundLoop
from support.free_port import free_port
from support.outage import Outage, reset
from support.proxied_http import Dropped, ProxiedRequest, Side, events, read_request
from support.stream_fault import StreamFault, Watch, break_all, events_until, happen, status_answer

_CLOSING_SECONDS = 0.05


class Moment(StrEnum):
    """When a write kills: it has not reached the API server, or it has and the reply gets lost."""

    BEFORE = "before"
    AFTER = "after"


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
    path: str


@dataclass(frozen=True)
class _Stop:
    moment: Moment
    pid: int
    path: str


@dataclass(frozen=True)
class _Refusal:
    status: int
    until: float
    watches_only: bool


class FaultProxy(BackgroundLoop):
    """Start with `with FaultProxy(server) as proxy`; `writes` holds every write that arrived, oldest first.

    `reads` counts the others by path, `refusals` holds what the API server said no to; leases and reviews do not count.
    `watches_opened` counts every watch.
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
        self._stop: _Stop | None = None
        self._refusal: _Refusal | None = None
        self._outage: Outage | None = None
        self.watches_opened = 0
        self._watches: set[Watch] = set()
        self._connections: set[asyncio.Future[None]] = set()

    def kill_on_write(self, number: int, moment: Moment, pid: Callable[[], int], path: str = "") -> None:
        """SIGKILL a process, once, at the n-th write from now on (the first is 1) whose path holds the text."""
        self._kill = _Kill(self._written(path) + number, moment, pid, path)

    def stop_on_write(self, moment: Moment, pid: int, path: str) -> None:
        """SIGSTOP a process at its next such write, once. One that is stopped before is kept here until `let_go`."""
        self._stop = _Stop(moment, pid, path)

    @property
    def stop_pending(self) -> bool:
        """Whether the asked stop has not happened yet."""
        return self._stop is not None

    def let_go(self) -> None:
        """Let the write that was kept reach the API server."""
        self.loop.call_soon_threadsafe(self._let_go.set)

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
        self.loop.call_soon_threadsafe(break_all, watches, fault)
        return len(watches)

    def refuse(self, status: int, seconds: float, watches_only: bool = False) -> None:
        """Close every open watch, then answer this status, to everything or to new watches, for so long."""
        self._refusal = _Refusal(status, time.monotonic() + seconds, watches_only)
        self.break_watches(StreamFault.CLOSE)

    def go_away(self, outage: Outage, seconds: float) -> None:
        """Let nobody through for so long; `away` tells when it is over."""
        self._outage = outage
        future = asyncio.run_coroutine_threadsafe(self._be_away(outage, seconds), self.loop)
        future.add_done_callback(self._was_away)

    @property
    def away(self) -> bool:
        """Whether `go_away` is still in force."""
        return self._outage is not None

    async def work(self) -> None:
        """Accept connections until cancelled."""
        self._back = asyncio.Event()
        self._let_go = asyncio.Event()
        self._listener = await self._listen(self._hold_port())
        self.ready()
        try:
            await asyncio.Event().wait()
        finally:
            self._listener.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            # Aborted transports close in the next turns of the loop.
            await asyncio.sleep(_CLOSING_SECONDS)

    def _hold_port(self) -> socket.socket:
        """While nobody listens on it connections are refused, and no server of another test can take it."""
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", self._port))
        return held

    async def _listen(self, held: socket.socket) -> asyncio.Server:
        return await asyncio.start_server(self._accept, sock=held)

    def _was_away(self, away: "Future[None]") -> None:
        if not away.cancelled() and (error := away.exception()):
            self.failed(error)

    async def _be_away(self, outage: Outage, seconds: float) -> None:
        self._back.clear()
        break_all(list(self._watches), StreamFault.FREEZE)
        if outage is not Outage.HANGS:
            self._listener.close()
            held = self._hold_port()
            await asyncio.sleep(0)
            for connection in tuple(self._connections):
                connection.cancel()
        if outage is Outage.RESET:
            self._listener = await self._listen(held)
        await asyncio.sleep(seconds)
        if outage is Outage.REFUSED:
            self._listener = await self._listen(held)
        self._outage = None
        self._back.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._outage is Outage.RESET:
            reset(writer)
            return
        connection = asyncio.ensure_future(self._connection(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._ended)

    def _ended(self, connection: "asyncio.Future[None]") -> None:
        self._connections.discard(connection)
        if not connection.cancelled() and (error := connection.exception()):
            self.failed(error)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Side(h11.Connection(h11.SERVER), reader, writer)
        sides = [client]
        try:
            with suppress(Dropped, ConnectionError, h11.ProtocolError):
                await self._serve(client, sides)
        finally:
            for side in sides:
                side.writer.transport.abort()

    async def _serve(self, client: Side, sides: list[Side]) -> None:
        # `sides` gets every connection to the API server that this one needs; the last one is in use.
        while request := await read_request(client):
            self._note(request)
            if len(sides) == 1 or not sides[-1].again():
                host, port = self._upstream.hostname, self._upstream.port
                reader, writer = await asyncio.open_connection(host, port, ssl=self._tls)
                sides.append(Side(h11.Connection(h11.CLIENT), reader, writer))
            await self._exchange(request, client, sides[-1])
            if not client.again():
                return

    def _note(self, request: ProxiedRequest) -> None:
        if request.watches or request.is_housekeeping:
            return
        self._last_request = time.monotonic()
        self.reads.update([request.path] if request.method == "GET" else [])

    async def _exchange(self, request: ProxiedRequest, client: Side, upstream: Side) -> None:
        if self._outage is Outage.HANGS:
            await self._back.wait()
        if status := self._refused(request):
            await client.send(*status_answer(status))
            return
        kill = self._count(request)
        if kill and kill.moment is Moment.BEFORE:
            self._strike(kill)
        stop = self._stop_for(request)
        if stop and stop.moment is Moment.BEFORE:
            self._hold(stop)
            await self._let_go.wait()
        await upstream.send(request.head, h11.Data(data=request.body), h11.EndOfMessage())
        if request.watches:
            await self._relay_watch(client, upstream)
            return
        answer = [event async for event in events(upstream)]
        if isinstance(answer[0], h11.Response) and answer[0].status_code >= 400:
            self.refusals.append((answer[0].status_code, request.path))
        if kill:
            self._strike(kill)
        if stop and stop.moment is Moment.AFTER:
            self._hold(stop)
        await client.send(*answer)

    def _refused(self, request: ProxiedRequest) -> int | None:
        refusal = self._refusal
        if refusal is None or not self.refuses:
            return None
        return refusal.status if request.watches or not refusal.watches_only else None

    def _count(self, request: ProxiedRequest) -> _Kill | None:
        if not request.writes:
            return None
        self.writes.append(Write(request.method, request.path, time.monotonic()))
        kill = self._kill
        due = kill is not None and kill.path in request.path and self._written(kill.path) >= kill.number
        return kill if due else None

    def _written(self, path: str) -> int:
        return sum(path in one.path for one in self.writes)

    def _stop_for(self, request: ProxiedRequest) -> _Stop | None:
        return self._stop if self._stop and request.writes and self._stop.path in request.path else None

    def _hold(self, stop: _Stop) -> None:
        self._stop = None
        os.kill(stop.pid, signal.SIGSTOP)

    def _strike(self, kill: _Kill) -> None:
        self._kill = None
        os.kill(kill.pid(), signal.SIGKILL)
        raise Dropped

    async def _relay_watch(self, client: Side, upstream: Side) -> None:
        watch = Watch()
        self.watches_opened += 1
        self._watches.add(watch)
        gone = asyncio.ensure_future(client.reader.read(1))
        try:
            async for event in events_until(upstream, watch.fault, gone):
                await client.send(event)
            if watch.fault.done():
                await happen(watch.fault.result(), client, gone)
        finally:
            gone.cancel()
            self._watches.discard(watch)
        raise Dropped
