"""A load of one prepared request, cheap enough to ask five times more of a server than it can give from one core.

`python -m support.hardening.load '<settings as JSON>'` prints a Result as JSON. Closed loop without `per_second`:
every connection asks again once it is answered. Open loop with it: requests start when their time has come,
over any free connection or a new one, and are lost to the client when all `connections` are waiting.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

_TICK = 0.005


@dataclass(frozen=True)
class Load:
    """What to send, where, and how much of it."""

    port: int
    request: str
    """A file with the bytes of the request."""
    seconds: float
    connections: int
    per_second: float | None = None
    patience: float = 5.0
    """Seconds that a client waits; an answer after that is worth nothing."""


@dataclass
class Result:
    """What came of it; a good answer is 200 in time."""

    seconds: float = 0.0
    started: int = 0
    no_connection: int = 0
    late: int = 0
    broken: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    without_retry_after: int = 0

    @property
    def good_per_second(self) -> float:
        """Goodput."""
        return self.statuses.get("200", 0) / self.seconds


class _Connection(asyncio.Protocol):
    def __init__(self, generator: "_Generator") -> None:
        self._generator = generator
        self.asked: float | None = None
        self._buffer = bytearray()
        self._needed: int | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=1 << 30)
        if self.asked is not None:
            transport.write(self._generator.request)

    def ask(self) -> None:
        self.asked = time.monotonic()
        self._buffer.clear()
        self._needed = None
        if self.transport:
            self.transport.write(self._generator.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._needed is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            length = head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            self._needed = end + 4 + int(length)
        if len(self._buffer) >= self._needed:
            self._generator.answered(self, bytes(self._buffer[: self._buffer.find(b"\r\n\r\n")]).lower())

    def connection_lost(self, exc: Exception | None) -> None:
        self._generator.lost(self)


class _Generator:
    def __init__(self, load: Load) -> None:
        self._load = load
        self.request = Path(load.request).read_bytes()
        self._free: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._statuses: Counter[str] = Counter()
        self._result = Result()
        self._ended = False

    async def run(self) -> Result:
        began = time.monotonic()
        if self._load.per_second is None:
            for _ in range(self._load.connections):
                self._ask()
        while (now := time.monotonic()) < began + self._load.seconds:
            if self._load.per_second is not None:
                for _ in range(int((now - began) * self._load.per_second) - self._result.started):
                    self._ask()
            self._drop_late(now)
            await asyncio.sleep(_TICK)
        self._result.seconds = time.monotonic() - began
        self._ended = True
        self._result.statuses = dict(self._statuses)
        for connection in list(self._all):
            if connection.transport:
                connection.transport.abort()
        return self._result

    def _ask(self) -> None:
        self._result.started += 1
        if self._free:
            self._free.pop().ask()
        elif len(self._all) < self._load.connections:
            connection = _Connection(self)
            connection.asked = time.monotonic()
            self._all.add(connection)
            asyncio.get_running_loop().create_task(self._connect(connection))
        else:
            self._result.no_connection += 1

    async def _connect(self, connection: _Connection) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", self._load.port)
        except OSError:
            self.lost(connection)

    def answered(self, connection: _Connection, head: bytes) -> None:
        status = head.split(b" ", 2)[1].decode()
        if not self._ended:
            self._statuses[status] += 1
            self._result.without_retry_after += status == "503" and b"\r\nretry-after: 1" not in head
        connection.asked = None
        if b"connection: close" in head:
            self._all.discard(connection)
            if connection.transport:
                connection.transport.close()
        elif self._load.per_second is None and not self._ended:
            self._result.started += 1
            connection.ask()
            return
        else:
            self._free.append(connection)
            return
        if self._load.per_second is None and not self._ended:
            self._ask()

    def lost(self, connection: _Connection) -> None:
        if connection not in self._all:
            return
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if connection.asked is not None and not self._ended:
            self._result.broken += 1

    def _drop_late(self, now: float) -> None:
        for connection in [it for it in self._all if it.asked and now - it.asked > self._load.patience]:
            self._all.discard(connection)
            self._result.late += 1
            if connection.transport:
                connection.transport.abort()


def start(load: Load) -> "subprocess.Popen[str]":
    """The generator as a process of its own, on core 1."""
    command = ["taskset", "--cpu-list", "1", sys.executable, "-m", "support.hardening.load", json.dumps(asdict(load))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> Result:
    """Wait for its end."""
    return Result(**json.loads(process.communicate()[0]))


if __name__ == "__main__":
    import uvloop

    print(json.dumps(asdict(uvloop.run(_Generator(Load(**json.loads(sys.argv[1]))).run()))))
