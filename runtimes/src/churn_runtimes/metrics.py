"""What the server counts about requests, beside MLServer's own metrics and under its names where it has one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client import Counter, Gauge, Histogram, Summary

_SECONDS = (
    *(0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005),
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)

_infer_seconds = Histogram(
    "churnserve_infer_seconds",
    "From a whole request to its answer, by the way it was answered",
    ["path", "model", "version"],
    buckets=_SECONDS,
)
_refused = Counter("churnserve_refused_requests", "Requests that were refused before a model saw them", ["status"])
_connections = Counter("churnserve_refused_connections", "Connections above the limit")
_member_path = Gauge(
    "churnserve_member_path", "1 for the way by which a member is scored: flat or stock", ["model", "member", "path"]
)
_unseen = Counter(
    "churnserve_unseen", "Values that were no category of their feature, scored as missing or refused", ["feature"]
)


@dataclass(frozen=True)
class InferMetrics:
    """Where the answers that one model gives outside MLServer's data plane are counted; looked up once."""

    seconds: Histogram
    success: Counter
    duration: Summary

    def answered(self, seconds: float) -> None:
        """Count one answer, under our name and MLServer's."""
        self.seconds.observe(seconds)
        self.success.inc()
        self.duration.observe(seconds)


def infer_seconds(path: str, model: str, version: str | None) -> Histogram:
    """The histogram of one model's answers by one path."""
    return _infer_seconds.labels(path, model, version)


def show_features(names: Iterable[str]) -> None:
    """Have a counter of unseen values for each of these from the start, so that a first one shows as an increase."""
    for name in names:
        _unseen.labels(name)


def count_unseen(unseen: Mapping[str, int]) -> None:
    """Count them by feature."""
    for feature, count in unseen.items():
        _unseen.labels(feature).inc(count)


def refused_request(status: HTTPStatus) -> None:
    """Count one."""
    _refused.labels(status.value).inc()


def refused_connection() -> None:
    """Count one."""
    _connections.inc()


def show_member_path(model: str, member: str, path: str) -> None:
    """Say how a member is scored."""
    _member_path.labels(model, member, path).set(1)
