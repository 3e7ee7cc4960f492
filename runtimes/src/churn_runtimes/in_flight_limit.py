"""How many requests may wait or be scored at once, REST and gRPC together. Probes and the fast path are not counted."""

import asyncio
from collections import deque

_IN_LINE = 8
"""How many may wait in line for each place; more would wait longer than they are allowed to."""


class InFlightLimit:
    """Counts what is being answered, and is full at a limit: whoever waits too long gets nothing of its answer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0
        self._line: deque[asyncio.Future[None]] = deque()

    def enter(self) -> bool:
        """Take a place; False when there is none. Whoever got one must `leave`."""
        if self.is_full:
            return False
        self._inside += 1
        return True

    async def enter_in_time(self, seconds: float) -> bool:
        """The same, after waiting in line for so long at most. To be called on the loop on which all `leave`."""
        if self.enter():
            return True
        if len(self._line) >= _IN_LINE * self._limit:
            return False
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            await asyncio.wait([place], timeout=seconds)
        except asyncio.CancelledError:
            if place.done():
                self.leave()
            raise
        finally:
            if not place.done():
                self._line.remove(place)
        return place.done()

    @property
    def is_full(self) -> bool:
        """Whether `enter` would say no."""
        return self._inside >= self._limit

    def leave(self) -> None:
        """Give the place back, to the first in line."""
        if self._line:
            self._line.popleft().set_result(None)
        else:
            self._inside -= 1
