"""Asks the operator without end, in a thread of its own: no request waits for it.

An operator that makes questions wait answers as soon as its word is another one, and every two seconds otherwise; one
that does not is asked every two seconds. Whatever goes wrong changes nothing: what is in force stays until its own time
is over (`trial`).
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

from churn_models.traffic import Traffic

from churn_runtimes.candidate.fetch import NotHeard, Word, ask
from churn_runtimes.candidate.pace import pause

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told: a server's `Follower`, or a worker's `Shadow`."""

    def hear(self, traffic: Traffic) -> None:
        """Do what the operator wants."""


class Poller:
    """Between `start` and `stop`."""

    def __init__(
        self,
        url: str,
        follower: Listener,
        ask: Callable[[str, str, Word | None], Word] = ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._follower = follower
        self._ask = ask
        self._clock = clock
        self._followed: Word | None = None
        """What is in force; None from a failure on: the next question names no tag, so it is answered at once, and goes
        to whichever address the name has by then."""
        self._failures = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._silence = ""

    def start(self) -> None:
        """Ask at once, and from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._ends.set()

    def poll(self) -> float:
        """Ask once. Gives the seconds until the next question."""
        began = self._clock()
        try:
            self._follow()
        except NotHeard as error:
            self._tell(str(error))
        except Exception:
            logger.exception("the operator's word could not be followed")
        else:
            self._tell("")
        is_held = self._followed is not None and self._followed.is_held
        return pause(self._failures, is_held, self._clock() - began)

    def _follow(self) -> None:
        before, self._followed = self._followed, None
        self._failures += 1
        word = self._ask(self._url, socket.gethostname(), before)
        self._follower.hear(word.traffic)
        self._followed, self._failures = word, 0

    def _tell(self, silence: str) -> None:
        if silence != self._silence:
            # Once, not every two seconds.
            logger.warning("the operator is not heard: %s", silence) if silence else logger.info(
                "the operator is heard"
            )
        self._silence = silence

    def _run(self) -> None:
        while not self._ends.is_set():
            self._ends.wait(self.poll())
