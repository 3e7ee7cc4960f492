"""What Prometheus learns of a worker. Unseen categories are counted as the server's are (`churnserve_unseen_total`)."""

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class StreamMetrics:
    """Of one process; made once."""

    def __init__(self) -> None:
        self.scored = Counter("churnserve_stream_scored_messages", "Messages that were answered with scores")
        self.dead_letters = Counter("churnserve_stream_dead_letters", "Messages that nothing can score")
        self.batch_size = Histogram("churnserve_stream_batch_messages", "Messages scored at once", buckets=_BATCHES)
        self.commit_seconds = Histogram("churnserve_stream_commit_seconds", "What a commit took", buckets=_SECONDS)
        self._end_to_end = Histogram(
            "churnserve_stream_end_to_end_seconds",
            "From the timestamp of a batch's oldest message to when its answers are there for readers",
            buckets=_SECONDS,
        )

    def read(self, messages: int, dead: int) -> None:
        """A batch that is about to be answered."""
        self.batch_size.observe(messages)
        self.scored.inc(messages - dead)
        if dead:
            self.dead_letters.inc(dead)

    def answered(self, oldest: float) -> None:
        """The answers of a batch whose oldest message was written at this time."""
        self._end_to_end.observe(max(0.0, time.time() - oldest))


class _Place(Collector):
    def __init__(self, lag: Callable[[], Mapping[int, int]], rebalances: Callable[[], int]) -> None:
        self._lag = lag
        self._rebalances = rebalances

    def describe(self) -> list[Metric]:
        """Nothing: the registry would collect everything to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Both, at one moment."""
        lag = GaugeMetricFamily(
            "churnserve_stream_lag", "Messages that wait, of the partitions of this worker", labels=["partition"]
        )
        for partition, messages in self._lag().items():
            lag.add_metric([str(partition)], messages)
        yield lag
        rebalances = CounterMetricFamily(
            "churnserve_stream_rebalances", "Times that partitions came to this worker or went"
        )
        rebalances.add_metric([], self._rebalances())
        yield rebalances


def show_place(lag: Callable[[], Mapping[int, int]], rebalances: Callable[[], int]) -> None:
    """Have both asked for at each scrape, in the scrape's thread."""
    REGISTRY.register(_Place(lag, rebalances))
