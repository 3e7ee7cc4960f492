"""Takes a candidate that fails out of a pod, without asking anybody: users get no more of its faults' cost."""

from collections import deque

FAULTS = 20
AMONG = 200
"""The last scored requests that count."""


class Breaker:
    """Open after FAULTS of them; only a new table or a new decision of the operator brings a new one."""

    def __init__(self) -> None:
        self._scored = 0
        self._faulty: deque[int] = deque(maxlen=FAULTS)
        """Which of the scored requests the last faults were."""
        self.is_open = False

    def note(self, is_fault: bool) -> None:
        """Take one scored request. Not to be called by two threads at once."""
        self._scored += 1
        if is_fault:
            self._faulty.append(self._scored)
            if len(self._faulty) == FAULTS and self._scored - self._faulty[0] < AMONG:
                self.is_open = True
