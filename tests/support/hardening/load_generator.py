"""The event loop of `load`: connections that send the same bytes and read as little of the answers as they can."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.hardening.load import Load, Result

_TICK = 0.005


async def generate(load: Load) -> Result:
    """Run the load to its end."""
    return await _Generator(load).run()


class _Connection(asyncio.Protocol):
    """Asks, and reports the head of each answer."""

    def __init__(self, answered: "Callable[[_Connection, bytes], None]", lost: "Callable[[_Connection], None]") -> None:
        self._answered, self._lost = answered, lost
        self.asked: float | None = None
        self.waiting = 0
        self._received = bytearray()
        self._size = 0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self, requests: bytes, count: int) -> None:
        self.asked = time.monotonic()
        self.waiting = count
        self.transport.write(requests)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self.waiting:
            end = self._received.find(b"\r\n\r\n") + 4
            if not self._size and end >= 4:
                length = self._received[:end].lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                self._size = end + int(length)
            if not self._size or len(self._received) < self._size:
                return
            head = bytes(self._received[:end]).lower()
            del self._received[: self._size]
            self._size = 0
            self.waiting -= 1
            self._answered(self, head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self)


class _Generator:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = Path(load.request).read_bytes() * load.depth
        self._seconds: list[float] = []
        self._free: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._result = Result()

    async def run(self) -> Result:
        began = time.monotonic()
        while (now := time.monotonic()) < began + self._load.seconds:
            for _ in range(self._due(now - began)):
                self._start_one()
            self._give_up_late(now)
            await asyncio.sleep(_TICK)
        # What is still under way does not count; it is younger than a client's patience.
        result, self._result = self._result, Result()
        result.seconds = time.monotonic() - began
        self._seconds.sort()
        result.p999 = self._seconds[int(len(self._seconds) * 0.999)] if self._seconds else 0.0
        for connection in list(self._all):
            connection.transport.abort()
        return result

    def _due(self, elapsed: float) -> int:
        """How many requests have to start now."""
        if self._load.per_second is None:
            return len(self._free) + self._load.connections - len(self._all) - len(self._connecting)
        return int(elapsed * self._load.per_second) - self._result.started

    def _start_one(self) -> None:
        self._result.started += 1
        if self._free:
            self._free.pop().ask(self._requests, self._load.depth)
        elif len(self._all) + len(self._connecting) < self._load.connections:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        else:
            self._result.no_connection += 1

    async def _connect(self) -> None:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self._answered, self._lost), "127.0.0.1", self._load.port
            )
        except OSError:
            self._result.broken += 1
        else:
            self._all.add(connection)
            connection.ask(self._requests, self._load.depth)

    def _answered(self, connection: _Connection, head: bytes) -> None:
        status = head.split(b" ", 2)[1].decode()
        self._result.statuses[status] = self._result.statuses.get(status, 0) + 1
        self._seconds.append(time.monotonic() - (connection.asked or 0.0))
        self._result.without_retry_after += status == "503" and b"\r\nretry-after: 1" not in head
        if connection.waiting:
            return
        connection.asked = None
        if b"\r\nconnection: close" in head:
            self._all.discard(connection)
            connection.transport.close()
        elif self._load.per_second is None:
            self._result.started += 1
            connection.ask(self._requests, self._load.depth)
        else:
            self._free.append(connection)

    def _lost(self, connection: _Connection) -> None:
        if connection in self._all:
            self._all.discard(connection)
            self._result.broken += connection.asked is not None
            if connection in self._free:
                self._free.remove(connection)

    def _give_up_late(self, now: float) -> None:
        for connection in [it for it in self._all if it.asked and now - it.asked > self._load.patience]:
            self._all.discard(connection)
            self._result.late += 1
            connection.transport.abort()
