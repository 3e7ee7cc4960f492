"""The open loop counts what a stalled server costs every request that was due meanwhile."""

import asyncio
import time

import pytest
from bench.open_loop import LoadFailed, drive
from support.background_loop import BackgroundLoop
from support.keep_alive import request

_BODY = b'{"inputs":[]}'
_REQUEST = request("/infer", _BODY)


class AnsweringServer(BackgroundLoop):
    """Answers each request in two pieces, with this status; stalls once, for this long, and takes this for each."""

    def __init__(self, status: int = 200, stall_seconds: float = 0.0, takes_seconds: float = 0.0) -> None:
        super().__init__()
        self._status = status
        self._takes_seconds = takes_seconds
        self._stall_seconds = stall_seconds
        self.seen: set[bytes] = set()

    async def work(self) -> None:
        """Serve until the end."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port: int = server.sockets[0].getsockname()[1]
            self.ready()
            await asyncio.Event().wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.seen.add(head + await reader.readexactly(len(_BODY)))
                self._stall()
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 4\r\n" % self._status)
                await writer.drain()
                writer.write(b"\r\nbody")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _stall(self) -> None:
        time.sleep(self._takes_seconds)
        if self._stall_seconds:
            time.sleep(self._stall_seconds)
            self._stall_seconds = 0.0


def test_every_request_due_during_a_stall_is_late() -> None:
    with AnsweringServer(stall_seconds=0.3) as server:
        measured = drive(server.port, [_REQUEST], per_second=200, seconds=0.5)
    assert server.seen == {_REQUEST}
    # 60 of the 100 were due while the server slept: the median one waited for a part of it.
    assert measured.p50_ms > 20
    assert measured.p99_ms > 250


def test_an_error_is_no_answer() -> None:
    with AnsweringServer(status=503) as server, pytest.raises(LoadFailed, match="503"):
        drive(server.port, [_REQUEST], per_second=200, seconds=0.1)


def test_what_is_not_answered_counts_as_long_as_it_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.open_loop._PATIENCE_SECONDS", 1)
    with AnsweringServer(takes_seconds=0.05) as server:
        measured = drive(server.port, [_REQUEST], per_second=200, seconds=1)
    # Twenty a second are answered: the first that is not has waited for nearly two seconds.
    assert measured.per_second < 30
    assert measured.p50_ms > 900
    assert measured.p99_ms > 1_700
