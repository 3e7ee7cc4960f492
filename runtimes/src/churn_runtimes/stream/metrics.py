"""What Prometheus learns of a worker. Unseen categories are counted as the server's are (`churnserve_unseen_total`)."""

import time
from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class StreamMetrics:
    """Of one process; made once."""

    def __init__(self) -> None:
        self.scored = Counter("churnserve_stream_scored_messages", "Messages that were scored")
        self.dead_letters = Counter("churnserve_stream_dead_letters", "Messages that nothing can score")
        self.batch_size = Histogram("churnserve_stream_batch_messages", "Messages scored at once", buckets=_BATCHES)
        self.commit_seconds = Histogram("churnserve_stream_commit_seconds", "What a commit took", buckets=_SECONDS)
        self._end_to_end = Histogram(
            "churnserve_stream_end_to_end_seconds",
            "From the timestamp of a batch's oldest message to when its answers are there for readers",
            buckets=_SECONDS,
        )

        self._lag = Gauge(
            "churnserve_stream_lag", "Messages that wait, of the partitions of this worker", ["partition"]
        )
        self._rebalances = Counter("churnserve_stream_rebalances", "Times that partitions came to this worker or went")
        self._known_rebalances = 0

    def read(self, messages: int, dead: int) -> None:
        """A batch that is about to be answered."""
        self.batch_size.observe(messages)
        self.scored.inc(messages - dead)
        if dead:
            self.dead_letters.inc(dead)

    def answered(self, oldest: float) -> None:
        """The answers of a batch whose oldest message was written at this time."""
        self._end_to_end.observe(max(0.0, time.time() - oldest))

    def place(self, lag: Mapping[int, int], rebalances: int) -> None:
        """Messages that wait by partition, and how often partitions have come or gone; the loop tells it."""
        self._lag.clear()
        for partition, messages in lag.items():
            self._lag.labels(partition).set(messages)
        self._rebalances.inc(rebalances - self._known_rebalances)
        self._known_rebalances = rebalances
