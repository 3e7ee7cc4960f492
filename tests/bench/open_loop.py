"""The open loop over REST: every request is due at its time and its latency counts from then, sent or not.

One of ours, because at our rates the others measure themselves: wrk2's and oha's timers tick once a millisecond,
and vegeta alone adds several times what a request takes. This one polls on a core of its own instead of sleeping.
python -m bench.open_loop PORT PATH BODIES PER_SECOND SECONDS prints one line of JSON.
"""

import gc
import json
import select
import socket
import sys
import time
from collections import deque
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.measured import Measured, from_latencies
from support.keep_alive import request

_CONNECTIONS = 64
_PATIENCE_SECONDS = 10
_LENGTH = b"content-length:"


class LoadFailed(Exception):
    """A server closed a connection, answered an error or stopped answering: there is nothing to measure."""


class Connection:
    """One connection, with at most one request on its way."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self.due = 0.0

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give it up."""
        self._socket.close()

    def ask(self, request: bytes, due: float) -> None:
        """Send a request, maybe later than it was due."""
        self.due = due
        self._socket.sendall(request)

    def answered(self) -> bool:
        """Read what is there; whether that completes the answer. Raises LoadFailed."""
        received = self._socket.recv(1 << 16)
        self._answer += received
        if not received or not self._answer.startswith(b"HTTP/1.1 200"):
            raise LoadFailed(f"answered {self._answer[:200]!r}")
        if not _complete(self._answer):
            return False
        self._answer = b""
        return True


@dataclass(frozen=True)
class _Schedule:
    began: float
    per_second: float
    seconds: float

    @property
    def total(self) -> int:
        return max(1, int(self.per_second * self.seconds))

    def due(self, number: int) -> float:
        return self.began + number / self.per_second


def drive(port: int, requests: list[bytes], per_second: float, seconds: float) -> Measured:
    """Run the schedule to its last answer, or until patience ends: what has no answer then counts as having waited so
    long. Raises LoadFailed.
    """
    with ExitStack() as ends:
        connections = [ends.enter_context(closing(Connection(port))) for _ in range(_CONNECTIONS)]
        poll = ends.enter_context(closing(select.epoll()))
        for connection in connections:
            poll.register(connection.fileno(), select.EPOLLIN)
        return _drive(connections, poll, requests, _Schedule(time.perf_counter(), per_second, seconds))


def _drive(connections: list[Connection], poll: select.epoll, requests: list[bytes], schedule: _Schedule) -> Measured:
    by_number = {connection.fileno(): connection for connection in connections}
    # In turn: a server closes a connection that is idle for some seconds.
    free, latencies, sent = deque(connections), list[float](), 0
    while len(latencies) < schedule.total:
        while free and sent < schedule.total and schedule.due(sent) <= time.perf_counter():
            free.popleft().ask(requests[sent % len(requests)], schedule.due(sent))
            sent += 1
        for number, _ in poll.poll(0):
            if by_number[number].answered():
                latencies.append(time.perf_counter() - by_number[number].due)
                free.append(by_number[number])
        if time.perf_counter() > schedule.due(schedule.total) + _PATIENCE_SECONDS:
            waiting = [connection.due for connection in connections if connection not in free]
            return _without_all(latencies, [*waiting, *map(schedule.due, range(sent, schedule.total))], schedule)
    return from_latencies(latencies, time.perf_counter() - schedule.began, generator_busy=1.0)


def _without_all(latencies: list[float], due: list[float], schedule: _Schedule) -> Measured:
    """A server that did not keep up: how long the rest has waited at least, and the rate of what it has answered."""
    if not latencies:
        raise LoadFailed(f"none of {schedule.total} requests was answered")
    now = time.perf_counter()
    measured = from_latencies([*latencies, *(now - moment for moment in due)], now - schedule.began, generator_busy=1.0)
    return replace(measured, per_second=len(latencies) / (now - schedule.began))


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


def _main() -> None:
    port, path, bodies, per_second, seconds = sys.argv[1:]
    gc.disable()
    requests = [request(path, body) for body in Path(bodies).read_bytes().splitlines()]
    print(json.dumps(asdict(drive(int(port), requests, float(per_second), float(seconds)))))


if __name__ == "__main__":
    _main()
