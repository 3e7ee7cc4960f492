"""Takes a candidate that fails out of a pod, without asking anybody: users get no more of its faults' cost."""

from collections import deque
from itertools import count

FAULTS = 20
AMONG = 200
"""The last scored requests that count."""


class Breaker:
    """Open after FAULTS of them; only a new table or a new decision of the operator brings a new one."""

    def __init__(self) -> None:
        self._numbers = count(1)
        """Of scored requests; any thread may take one."""
        self._faulty: deque[int] = deque(maxlen=FAULTS)
        """Which of the scored requests the last faults were."""
        self.is_open = False

    def note(self, is_fault: bool) -> None:
        """Take one scored request."""
        number = next(self._numbers)
        if is_fault:
            self._faulty.append(number)
            if len(self._faulty) == FAULTS and number - self._faulty[0] < AMONG:
                self.is_open = True
