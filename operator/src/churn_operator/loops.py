"""What runs for as long as the process does: each loop logs what goes wrong in a turn, and goes on.

`main` starts them; /healthz and the watchdog ask whether they still turn.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from churn_operator.errors import ClusterError

logger = logging.getLogger(__name__)

_AFTER_AN_ERROR_SECONDS = 5.0
_LONGEST_TURN_SECONDS = 600.0
"""Every request has a deadline of its own; a turn that takes longer than this hangs."""

Turn = Callable[[], Awaitable[float]]
"""One turn of a loop; gives the seconds until the next one."""


class Loops:
    """The loops of one process, by name."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, float] = {}
        self._errors: dict[str, str] = {}

    def start(self, name: str, turn: Turn) -> None:
        """Turn for ever, until stopped."""
        self._note(name, _LONGEST_TURN_SECONDS)
        self._tasks[name] = asyncio.create_task(self._forever(name, turn), name=name)

    def runs(self, name: str) -> bool:
        """Whether this loop was started and not stopped."""
        return name in self._tasks

    async def stop(self, *names: str) -> None:
        """End these loops, or all where none is named, and wait until they have ended."""
        stopped = [self._tasks.pop(name) for name in (names or tuple(self._tasks)) if name in self._tasks]
        for task in stopped:
            task.cancel()
            self._due.pop(task.get_name(), None)
        await asyncio.gather(*stopped, return_exceptions=True)

    def problem(self) -> str | None:
        """Which loop has ended or hangs, in a sentence; None while all turn."""
        for name, task in self._tasks.items():
            if task.done():
                return f"the loop '{name}' has ended"
        now = asyncio.get_running_loop().time()
        late = [f"the loop '{name}' hangs" for name, due in self._due.items() if now > due]
        return late[0] if late else None

    async def _forever(self, name: str, turn: Turn) -> None:
        while True:
            self._note(name, _LONGEST_TURN_SECONDS)
            try:
                delay = await turn()
                self._errors.pop(name, None)
            except Exception as error:
                self._log(name, error)
                delay = _AFTER_AN_ERROR_SECONDS
            self._note(name, delay + _LONGEST_TURN_SECONDS)
            await asyncio.sleep(delay)

    def _log(self, name: str, error: Exception) -> None:
        # An outage brings the same error at every turn.
        if self._errors.get(name) == repr(error):
            return
        self._errors[name] = repr(error)
        if isinstance(error, ClusterError):
            logger.warning("the loop '%s' goes on: %s", name, error)
        else:
            logger.error("the loop '%s' goes on after an error that nobody foresaw", name, exc_info=error)

    def _note(self, name: str, seconds: float) -> None:
        self._due[name] = asyncio.get_running_loop().time() + seconds
