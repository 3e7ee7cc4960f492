"""Whether the worker's loop turns, and whether it has been told to end."""

import time
from collections.abc import Callable

from churn_runtimes.stream.errors import Stopped

STANDS_STILL_SECONDS = 30.0
"""A turn takes a tenth of a second, or what one batch takes to score, or one attempt at a commit."""


class Life:
    """Of one process: written by its loop and its signal handlers, read by the threads that answer probes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.is_ending = False

    @property
    def is_alive(self) -> bool:
        """Whether the loop has turned a short while ago."""
        return self._clock() - self._last < STANDS_STILL_SECONDS

    def turned(self) -> None:
        """Now."""
        self._last = self._clock()

    def end(self) -> None:
        """Commit and leave within a turn; signal handlers call it."""
        self.is_ending = True

    def wait(self) -> None:
        """Called while Kafka does not answer, which is no standing still. Raises Stopped."""
        self.turned()
        if self.is_ending:
            raise Stopped
