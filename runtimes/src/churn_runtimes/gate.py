"""How many requests may wait or be scored at once, REST and gRPC together. Probes and the lane do not pass here."""


class Gate:
    """Counts what is being answered, and is full at a limit: whoever waits too long gets nothing of its answer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    def enter(self) -> bool:
        """Take a place; False when there is none. Whoever got one must `leave`."""
        if self._inside >= self._limit:
            return False
        self._inside += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
