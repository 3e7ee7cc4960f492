"""The event loop's turns, shared between the connections: nobody who has much to be read makes the others wait.

libuv reads every connection that has something to read before it accepts one new connection or looks at the clock. So
a connection parses and answers only while there is time left; then it keeps what it has read and waits in line for the
next turn. A probe on a new connection thus waits for a few turns, however many requests wait for their scores.
"""

from asyncio import AbstractEventLoop
from collections import deque
from typing import Protocol

SECONDS_PER_TURN = 0.01
"""What requests may take of one turn. The one that uses it up is finished: at most 64 rows, a millisecond."""


class Waiting(Protocol):
    """A connection as it is seen here."""

    def go_on(self) -> None:
        """Take up what was kept, and `spend` what that takes."""


class Turn:
    """One per server."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._spent = 0.0
        self._waiting: deque[Waiting] = deque()
        self._is_due = False

    @property
    def now(self) -> float:
        """The loop's time."""
        return self._loop.time()

    @property
    def has_time(self) -> bool:
        """Whether a connection may go on. False while others wait in line, so that none overtakes them."""
        return not self._waiting and self._spent < SECONDS_PER_TURN

    @property
    def has_budget(self) -> bool:
        """Whether there is time left. Nothing tells when a turn begins: what is spent counts until somebody waits."""
        return self._spent < SECONDS_PER_TURN

    def spend(self, seconds: float) -> None:
        """Count what a connection has taken."""
        self._spent += seconds

    def wait(self, connection: Waiting) -> None:
        """Let the connection go on when it is its turn."""
        self._waiting.append(connection)
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._spent = 0.0
        # Those that wait again within this turn wait for the next one.
        for _ in range(len(self._waiting)):
            self._waiting.popleft().go_on()
            if not self.has_budget:
                break
        self._is_due = bool(self._waiting)
        if self._is_due:
            self._loop.call_soon(self._go_on)
