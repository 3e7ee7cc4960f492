"""Takes a candidate that fails out of a pod, without asking anybody: users get no more of its faults' cost."""

from collections import deque

FAULTS = 20
AMONG = 200
"""The last scored requests that count."""


class Breaker:
    """Open after FAULTS of them; only a new table or a new decision of the operator brings a new one."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=AMONG)
        self._faults = 0
        self.is_open = False

    def note(self, is_fault: bool) -> None:
        """Take one scored request. Not to be called by two threads at once."""
        if len(self._last) == AMONG:
            self._faults -= self._last[0]
        self._last.append(is_fault)
        self._faults += is_fault
        if self._faults >= FAULTS:
            self.is_open = True
