"""Ends the process when a watcher of kopf is gone: kopf goes on without it, and no edit would be handled any more.

Kubernetes starts the operator again, which lists everything anew.
"""

import asyncio
import logging
import os

logger = logging.getLogger(__name__)

_PREFIX = "watcher for "
_PERIOD_SECONDS = 2.0
_EXIT_WATCHER_GONE = 70


def living_watchers() -> int:
    """How many watchers of kopf run in this event loop."""
    return sum(task.get_name().startswith(_PREFIX) and not task.done() for task in asyncio.all_tasks())


async def watch_the_watchers(expected: int) -> None:
    """Wait until all watchers run, then exit 70 as soon as one of them has ended."""
    while living_watchers() < expected:
        await asyncio.sleep(_PERIOD_SECONDS)
    while True:
        await asyncio.sleep(_PERIOD_SECONDS)
        if (living := living_watchers()) < expected:
            logger.error("only %d of %d watchers are left; the operator starts anew", living, expected)
            logging.shutdown()
            os._exit(_EXIT_WATCHER_GONE)
