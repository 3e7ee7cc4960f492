"""The work queue: keys, not events. One key is never in two workers; a failed one comes back later and later."""

import asyncio
import random
from collections.abc import Awaitable, Callable

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 300.0
_MOST_DOUBLINGS = 10
"""Without a bound the power overflows after three days of failures."""
_LONGEST_HANDLING_SECONDS = 300.0
_LONGEST_WAIT_SECONDS = 60.0
"""An idle worker comes back so often, and shows that it lives."""

Key = tuple[str, str]
"""Namespace and name."""


class KeyedQueue:
    """Keys that wait for a worker; adding a waiting key again changes nothing, one that is worked on waits its turn."""

    def __init__(self) -> None:
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def add(self, key: Key) -> None:
        """Have the key worked on soon."""
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: Key, seconds: float) -> None:
        """Have the key worked on after a while, unless it is added before."""
        if timer := self._timers.pop(key, None):
            timer.cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self.add, key)

    def depth(self) -> int:
        """How many keys wait for a worker now."""
        return len(self._waiting)

    async def work_once(self, handle: Callable[[Key], Awaitable[float | None]]) -> float:
        """Work on the next key; a turn of one worker, 0 seconds before the next one.

        `handle` gives the seconds after which to look again; its errors make the key wait.
        """
        if (key := await self._next()) is None:
            return 0.0
        self._waiting.discard(key)
        self._working.add(key)
        try:
            async with asyncio.timeout(_LONGEST_HANDLING_SECONDS):
                again = await handle(key)
        except Exception:
            again = self._delay_after_failure(key)
        else:
            self._failures.pop(key, None)
        finally:
            self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        elif again is not None:
            self.add_after(key, again)
        return 0.0

    async def _next(self) -> Key | None:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                return await self._ready.get()
        except TimeoutError:
            return None

    def _delay_after_failure(self, key: Key) -> float:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(_FIRST_DELAY_SECONDS * 2.0 ** min(failures, _MOST_DOUBLINGS), _LONGEST_DELAY_SECONDS)
        return delay * random.uniform(0.8, 1.2)
