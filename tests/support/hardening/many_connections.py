"""Many connections of one client that say nothing, or say it a byte at a time."""

import resource
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_SOURCES = [f"127.0.0.{number}" for number in range(2, 8)]
"""Local addresses to connect from: each has ports of its own."""

_STEP_SECONDS = 0.5
_SLICES = 10
"""Of a step, each with a part of the connections, so that this process does not stand still for long."""


class ManyConnections:
    """Open with `with`; a thread then sends what `bytes_at` says, if anything, and watches which stay open."""

    def __init__(self, url: str, count: int, bytes_at: Callable[[int], bytes] | None = None) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._bytes_at = bytes_at
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        _allow_files(count + 1_000)
        self._count = count

    def __enter__(self) -> Self:
        for number in range(self._count):
            self._connect(_SOURCES[number % len(_SOURCES)])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()

    @property
    def open(self) -> int:
        """How many the server has neither refused nor closed."""
        return len(self._selector.get_map())

    def _connect(self, source: str) -> None:
        connection = socket.socket()
        connection.bind((source, 0))
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.connect(self._address)
        self._selector.register(connection, selectors.EVENT_READ, connection)

    def _run(self) -> None:
        """An event is always an end: whoever says nothing whole is answered nothing but a refusal."""
        slices = 0
        due = time.monotonic()
        while not self._stop.is_set():
            for key, _ in self._selector.select(_STEP_SECONDS / _SLICES):
                self._close(key.data)
            if self._bytes_at and time.monotonic() >= due:
                self._send(slices % _SLICES, self._bytes_at(slices // _SLICES))
                slices, due = slices + 1, due + _STEP_SECONDS / _SLICES

    def _send(self, number: int, data: bytes) -> None:
        for key in list(self._selector.get_map().values()):
            if key.fd % _SLICES == number:
                try:
                    key.data.send(data)
                except OSError:
                    self._close(key.data)

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()


def slow_headers(step: int) -> bytes:
    """A request line, then a header that never ends."""
    return b"POST /v2/models/small/infer HTTP/1.1\r\nHost: a\r\nX-Slow: " if step == 0 else b"x"


def slow_body(step: int) -> bytes:
    """Whole headers, then a body that never ends."""
    return b"POST /v2/models/small/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{" if step == 0 else b" "


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
