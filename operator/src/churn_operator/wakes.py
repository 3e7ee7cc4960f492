"""What may wake a reconcile from outside: each ChurnModel that is known, and each not again for some seconds.

`alerts_server` asks here. What comes within those seconds is not lost: it is looked at when they end.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from churn_operator.queue import Key

_SECONDS = 5.0


class Woken(StrEnum):
    """What became of one wish."""

    WOKEN = "woken"  # it is looked at now
    LATER = "later"  # it was just now, and is again after a few seconds
    UNKNOWN = "unknown"  # there is no such ChurnModel


@dataclass
class Wakes:
    """Of one process."""

    knows: Callable[[Key], bool]
    """Whether there is such a ChurnModel."""
    add: Callable[[Key], None]
    """Puts it into the queue."""
    add_after: Callable[[Key, float], object]
    """The same after so many seconds, whatever else puts it there before."""
    clock: Callable[[], float] = time.monotonic
    _due: dict[Key, float] = field(default_factory=dict)
    """When each is looked at, or was last."""

    def wake(self, key: Key) -> Woken:
        """Have it looked at, as soon as that may be."""
        if not self.knows(key):
            return Woken.UNKNOWN
        now = self.clock()
        for past in [one for one, due in self._due.items() if now >= due + _SECONDS]:
            del self._due[past]
        if (due := self._due.get(key)) is None:
            self._due[key] = now
            self.add(key)
            return Woken.WOKEN
        if due <= now:
            self._due[key] = due + _SECONDS
            self.add_after(key, due + _SECONDS - now)
        return Woken.LATER
