"""What this worker has answered, as plain numbers: its loop counts, and /state tells the operator of it."""

from bisect import bisect_left
from threading import Lock

from churn_models.traffic import SERVING_BOUNDS, Serving


class ServingCounts:
    """Of one process. They are a server's own, so that the operator judges both alike: a message is a request."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets = [0] * (len(SERVING_BOUNDS) + 1)
        self._rows = self._dead = 0
        self._seconds = 0.0

    def answered(self, messages: int, rows: int, seconds: float) -> None:
        """Messages that were scored at once, in so many seconds: each took its share of them.

        What waits behind a restart comes in large batches, whose whole time would speak against whoever has restarted.
        """
        if not messages:
            return
        place = bisect_left(SERVING_BOUNDS, seconds / messages)
        with self._lock:
            self._buckets[place] += messages
            self._rows += rows
            self._seconds += seconds

    def died(self, messages: int) -> None:
        """Messages, or their answers, that became dead letters."""
        with self._lock:
            self._dead += messages

    def now(self, not_scores: int) -> Serving:
        """All of it at one moment; a dead letter is a failure, for a version may make more of them than another."""
        with self._lock:
            return Serving(
                answers=sum(self._buckets),
                failures=self._dead,
                rows=self._rows,
                seconds=self._seconds,
                buckets=tuple(self._buckets),
                not_scores=not_scores,
            )
