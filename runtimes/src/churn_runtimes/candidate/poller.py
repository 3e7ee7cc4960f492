"""Asks the operator every two seconds, in a thread of its own: no request waits for it.

Whatever goes wrong changes nothing: what is in force stays until its own time is over (`trial`).
"""

import logging
import socket
import threading
import time
from collections.abc import Callable

from churn_models.traffic import POLL_SECONDS, Traffic

from churn_runtimes.candidate.fetch import NotHeard, ask
from churn_runtimes.candidate.follower import Follower

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.2


class Poller:
    """Between `start` and `stop`."""

    def __init__(self, url: str, follower: Follower, ask: Callable[[str, str], Traffic] = ask) -> None:
        self._url = url
        self._follower = follower
        self._ask = ask
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._silence = ""

    def start(self) -> None:
        """Ask at once, and from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._ends.set()

    def poll(self) -> None:
        """Ask once."""
        try:
            traffic = self._ask(self._url, socket.gethostname())
        except NotHeard as error:
            silence = str(error)
        else:
            silence = ""
            self._follower.hear(traffic)
        if silence != self._silence:
            # Once, not every two seconds.
            logger.warning("the operator is not heard: %s", silence) if silence else logger.info(
                "the operator is heard"
            )
        self._silence = silence

    def _run(self) -> None:
        while not self._ends.is_set():
            began = time.monotonic()
            try:
                self.poll()
            except Exception:
                logger.exception("the operator's word could not be followed")
            # A late answer, or none, does not make the next one later.
            self._ends.wait(max(_PAUSE_SECONDS, began + POLL_SECONDS - time.monotonic()))
