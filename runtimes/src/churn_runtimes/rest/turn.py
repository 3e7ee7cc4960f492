"""The event loop's turns, shared between the connections: nobody who has much to be read makes the others wait.

libuv reads every connection that has something to read before it accepts one new connection or looks at the clock. So
a connection parses and answers only while the turn has time left; then it keeps what it has read and waits in line.
A probe on a new connection thus waits for a turn or two, however many requests wait for their scores.
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

SECONDS_PER_TURN = 0.01
"""What requests may take of one turn. The one that uses it up is finished: at most 64 rows, a millisecond."""


class Waiting(Protocol):
    """A connection as it is seen here."""

    def go_on(self) -> None:
        """Take up what was kept."""


class Turn:
    """One per server."""

    def __init__(self, loop: AbstractEventLoop, clock: Callable[[], float] = perf_counter) -> None:
        self._loop = loop
        self._clock = clock
        self._began = 0.0
        self._spent = 0.0
        self._waiting: deque[Waiting] = deque()

    @property
    def now(self) -> float:
        """The loop's time."""
        return self._loop.time()

    @property
    def has_time(self) -> bool:
        """Whether a connection may go on. False while others wait in line, so that none overtakes them."""
        return not self._waiting and self.has_budget

    @property
    def has_budget(self) -> bool:
        """Whether this turn has time left."""
        now = self._loop.time()
        if now != self._began:
            # uvloop's clock stands still within a turn.
            self._began, self._spent = now, 0.0
        return self._spent < SECONDS_PER_TURN

    def spend(self, seconds: float) -> None:
        """Count what a connection has taken."""
        self._spent += seconds

    def wait(self, connection: Waiting) -> None:
        """Let the connection go on when it is its turn."""
        self._waiting.append(connection)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        end = self._clock() + SECONDS_PER_TURN
        while self._waiting and self._clock() < end:
            self._waiting.popleft().go_on()
        if self._waiting:
            self._loop.call_soon(self._go_on)
