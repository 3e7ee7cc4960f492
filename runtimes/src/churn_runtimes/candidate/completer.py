"""Has pairs completed that were left for later, in a thread of its own: no request waits for them.

The server starts it beside the poller. The more requests come, the more rows are scored in one go.
"""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.05
_STOP_SECONDS = 1.0


class Completer:
    """Between `start` and `stop`."""

    def __init__(self, complete: Callable[[], None]) -> None:
        self._complete = complete
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pairs", daemon=True)

    def start(self) -> None:
        """Complete from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Complete what is left, and no more."""
        self._ends.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._ends.wait(_PAUSE_SECONDS)
            try:
                self._complete()
            except Exception:
                logger.exception("pairs could not be completed")
