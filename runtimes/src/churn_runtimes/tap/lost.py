"""Rows that were to reach the drift sidecar's counts and did not, by reason."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from prometheus_client import Counter as PrometheusCounter

from churn_runtimes.tap.reason import Reason

_dropped = PrometheusCounter("churnserve_tap_dropped_rows", "Rows that the drift sidecar was not told of", ["reason"])
_by_reason = {reason: _dropped.labels(reason.value) for reason in Reason}


class Lost:
    """Counted by requests and by the flusher, until they are told to the sidecar."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: Counter[Reason] = Counter()

    def add(self, reason: Reason, rows: int) -> None:
        """Count some."""
        _by_reason[reason].inc(rows)
        with self._lock:
            self._rows[reason] += rows

    def read(self) -> dict[Reason, int]:
        """Those that nobody has been told of."""
        with self._lock:
            return dict(self._rows)

    def were_told(self, rows: Mapping[Reason, int]) -> None:
        """Forget these."""
        with self._lock:
            self._rows -= Counter(rows)
