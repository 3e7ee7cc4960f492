"""How many requests may wait or be scored at once, REST and gRPC together. Probes and the fast path are not counted."""


class InFlightLimit:
    """Counts what is being answered, and is full at a limit: whoever waits too long gets nothing of its answer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    def enter(self) -> bool:
        """Take a place; False when there is none. Whoever got one must `leave`."""
        if self.is_full:
            return False
        self._inside += 1
        return True

    @property
    def is_full(self) -> bool:
        """Whether `enter` would say no."""
        return self._inside >= self._limit

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
