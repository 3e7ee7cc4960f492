"""What one connection has read and not parsed yet: it is parsed piece by piece, whenever the loop's turn has time.

So neither a client that sends hundreds of requests at once nor hundreds of clients keep the others waiting.
"""

from collections import deque
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.written_answers import TOO_MUCH, WrittenError

_PIECE_BYTES = 32_768
"""What is parsed of one connection before others are looked at: of small requests, a few milliseconds."""
_HELD_BYTES = 64 << 20
"""What all connections may keep while they wait in line; a client that sends more then is refused."""


class Reader(Protocol):
    """A connection as it is seen here."""

    flow: Any
    pipeline: Any
    """Requests that wait for one before them to be answered by the bounded app."""

    def parse(self, data: bytes) -> None:
        """Take these bytes as the next ones of the client."""

    def end_with(self, error: WrittenError) -> None:
        """Close with these words."""


class _Part(NamedTuple):
    """What came at once."""

    data: bytes
    since: float
    """When it came, of the loop's time."""


class Intake:
    """Of one connection."""

    def __init__(self, reader: Reader, shared: Connections) -> None:
        self._reader = reader
        self._shared = shared
        self._turn = shared.turn
        self._held: deque[_Part] = deque()
        self._held_bytes = 0
        self.is_late = False
        """Whether what is being parsed has waited for longer than the limit."""

    @property
    def holds(self) -> bool:
        """Whether something is not parsed yet."""
        return bool(self._held)

    def take(self, data: bytes, *, at_once: bool) -> None:
        """Parse, or keep it until it is this connection's turn."""
        if self._held:
            self._hold(_Part(data, self._turn.now))
        elif self._turn.has_time or at_once:
            self._parse(data)
        else:
            self._hold(_Part(data, self._turn.now))
            self._turn.wait(self)

    def go_on(self) -> None:
        """Take up what was kept; a request that begins in there may have waited for too long."""
        if not self._held or self._reader.pipeline:
            return
        while self._held and not self._reader.pipeline:
            data, since = self._held.popleft()
            self._count(-len(data))
            self.is_late = self._turn.now - since > self._shared.limits.waiting
            self._parse(data, since)
            self.is_late = False
            if not self._turn.has_budget:
                break
        if self._held:
            self.go_on_soon()
        elif not self._reader.pipeline and not self._reader.flow.write_paused:
            self._reader.flow.resume_reading()

    def go_on_soon(self) -> None:
        """A request is answered for which what was kept may have waited."""
        if self._held and not self._reader.pipeline:
            self._turn.wait(self)

    def drop(self) -> None:
        """The connection is closed."""
        self._held.clear()
        self._count(-self._held_bytes)

    def _parse(self, data: bytes, since: float | None = None) -> None:
        """Piece by piece for as long as the turn has time, and no two requests wait for the bounded app."""
        for place in range(0, len(data), _PIECE_BYTES):
            began = perf_counter()
            end = place + _PIECE_BYTES
            self._reader.parse(data[place:end])
            self._turn.spend(perf_counter() - began)
            if end < len(data) and (self._reader.pipeline or not self._turn.has_budget):
                # It waits for as long as all that came with it.
                self._hold(_Part(data[end:], self._turn.now if since is None else since), first=True)
                if since is None:
                    self.go_on_soon()
                return

    def _hold(self, part: _Part, *, first: bool = False) -> None:
        """Of a client that has sent much, nothing more is read meanwhile."""
        if first:
            self._held.appendleft(part)
        else:
            self._held.append(part)
        self._count(len(part.data))
        if self._shared.held_bytes > _HELD_BYTES:
            self.drop()
            self._reader.end_with(TOO_MUCH)
        elif self._held_bytes > _PIECE_BYTES:
            self._reader.flow.pause_reading()

    def _count(self, size: int) -> None:
        self._held_bytes += size
        self._shared.held_bytes += size
