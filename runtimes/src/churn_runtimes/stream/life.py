"""Whether the worker has joined its group, whether its loop turns, and whether it has been told to end."""

import time
from collections.abc import Callable

from churn_runtimes.stream.errors import Stopped, StreamUnavailable

STANDS_STILL_SECONDS = 30.0
"""A turn takes a tenth of a second, or what one batch takes to score, or one attempt at a commit."""


class Life:
    """Of one process: written by its loop and its signal handlers, read by the threads that answer probes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._has_joined = False
        self.is_ending = False
        self._failure: str | None = None
        self.waits_for: str | None = None
        """Why nothing is answered now, where the worker waits for somebody else than Kafka."""

    @property
    def is_alive(self) -> bool:
        """Whether the loop has turned a short while ago."""
        return self._clock() - self._last < STANDS_STILL_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether it is a member of its group, or will be as soon as a broker says so: all it needs is there."""
        return self._has_joined and self.is_alive and not self.is_ending and self.waits_for is None

    def joined(self) -> None:
        """The topics are there, and the group has been asked for partitions."""
        self._has_joined = True

    def turned(self) -> None:
        """Now. Raises StreamUnavailable after `fail`."""
        if self._failure is not None:
            raise StreamUnavailable(self._failure)
        self._last = self._clock()

    def fail(self, reason: str) -> None:
        """Nothing will come of waiting in this process; callbacks of clients call it, where nothing may be raised."""
        self._failure = reason

    def end(self) -> None:
        """Commit and leave within a turn; signal handlers call it."""
        self.is_ending = True

    def wait(self) -> None:
        """Called while Kafka does not answer, which is no standing still. Raises Stopped or StreamUnavailable."""
        self.turned()
        if self.is_ending:
            raise Stopped
