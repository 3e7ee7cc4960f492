"""Ends the process when a watcher of kopf is gone: kopf goes on without it, and no edit would be handled any more.

Kubernetes starts the operator again, which lists everything anew.
"""

import asyncio
import logging
import os
import signal
import time

logger = logging.getLogger(__name__)

_PREFIX = "watcher for "
_PERIOD_SECONDS = 2.0
_FIRST_PERIOD_SECONDS = 0.1
_START_SECONDS = 8.0
_EXIT_WATCHER_GONE = 70


def living_watchers() -> int:
    """How many watchers of kopf run in this event loop."""
    return sum(task.get_name().startswith(_PREFIX) and not task.done() for task in asyncio.all_tasks())


async def watch_the_watchers(expected: int, told_to_end: asyncio.Event) -> None:
    """Give all watchers the time to start, then exit 70 as soon as one of them has ended, or never started.

    From then on SIGTERM sets kopf's stop flag, `told_to_end`. kopf ends its watchers seconds before itself, so missing
    watchers are no fault during shutdown; exiting early would skip releasing the Lease.
    """
    deadline = time.monotonic() + _START_SECONDS
    while living_watchers() < expected and time.monotonic() < deadline:
        await asyncio.sleep(_FIRST_PERIOD_SECONDS)
    # In place of kopf's own handlers, which tell nobody else.
    for told_by in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told_by, told_to_end.set)
    while True:
        await asyncio.sleep(_PERIOD_SECONDS)
        if told_to_end.is_set():
            return
        if (living := living_watchers()) < expected:
            logger.error("only %d of %d watchers are left; the operator starts anew", living, expected)
            logging.shutdown()
            os._exit(_EXIT_WATCHER_GONE)
