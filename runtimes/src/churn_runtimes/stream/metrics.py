"""What Prometheus learns of a worker. Unseen categories are counted as the server's are (`churnserve_unseen_total`)."""

import time
from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from churn_runtimes.stream.serving_counts import ServingCounts

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

        self.serving = ServingCounts()
        """What the operator learns."""
        self._lag = Gauge(
            "churnserve_stream_lag", "Messages that wait, of the partitions of this worker", ["partition"]
        )
        self._rebalances = Counter("churnserve_stream_rebalances", "Times that partitions came to this worker or went")
        self._known_rebalances = 0
        self.state_reads = Histogram("churnserve_stream_state_read_seconds", "One read of states", buckets=_SECONDS)
        self.state_writes = Histogram("churnserve_stream_state_write_seconds", "One write of states", buckets=_SECONDS)
        self.events = Counter("churnserve_stream_events", "Events that came into customers' states")
        self.late_events = Counter(
            "churnserve_stream_late_events", "Events whose time is before that of a message answered already"
        )
        self.misplaced_events = Counter(
            "churnserve_stream_misplaced_events",
            "Looked at now and then: events that murmur2 puts into another partition, where servers look for them",
        )
        self.rebuilt = Counter(
            "churnserve_stream_rebuilt_partitions", "Partitions whose states are built from the oldest event on"
        )
        self.state_away = Gauge("churnserve_stream_state_away", "1 while the state store gives or takes no states")

    def read(self, messages: int, dead: int, dead_events: int) -> None:
        """A batch that is about to be answered; `dead` are among its messages."""
        if messages:
            self.batch_size.observe(messages)
            self.scored.inc(messages - dead)
        if dead or dead_events:
            self.dead_letters.inc(dead + dead_events)
            self.serving.died(dead)

    def refused(self) -> None:
        """An answer that its topic does not take: it becomes a dead letter."""
        self.dead_letters.inc()
        self.serving.died(1)

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
