"""Ends the process when a loop of ours or a watcher of kopf is gone: no edit would be handled any more.

Kubernetes starts the operator again, which lists everything anew.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from churn_operator.loops import Loops

logger = logging.getLogger(__name__)

_PREFIX = "watcher for "
_PERIOD_SECONDS = 2.0
_PATIENCE_SECONDS = 8.0
"""How long kopf takes to start the watchers of a namespace."""
_EXIT_GONE = 70


def living_watchers() -> int:
    """How many watchers of kopf run in this event loop."""
    return sum(task.get_name().startswith(_PREFIX) and not task.done() for task in asyncio.all_tasks())


@dataclass
class Watchdog:
    """Looks every 2 s, until the process was told to end: then loops and watchers end before the rest of it."""

    loops: Loops
    expected: Callable[[], int]
    """How many watchers there should be."""
    told_to_end: asyncio.Event
    _complete: float | None = None
    """When all watchers were last there, or were first asked for."""

    async def look(self) -> float:
        """Exit 70 where something is gone for good. A turn of a loop."""
        if not self.told_to_end.is_set() and (problem := self.problem()):
            logger.error("%s; the operator starts anew", problem)
            logging.shutdown()
            os._exit(_EXIT_GONE)
        return _PERIOD_SECONDS

    def problem(self) -> str | None:
        """What is gone, in a sentence."""
        now = asyncio.get_running_loop().time()
        living, expected = living_watchers(), self.expected()
        if living >= expected or self._complete is None:
            self._complete = now
        if now - self._complete > _PATIENCE_SECONDS:
            return f"only {living} of {expected} watchers are left"
        return self.loops.problem()
