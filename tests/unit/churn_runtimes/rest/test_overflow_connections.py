"""Overflow connections: the newest stay, and only what probes ask is theirs."""

import pytest
from churn_runtimes.rest.overflow_connections import OverflowConnections
from churn_runtimes.rest.probes import is_probe


class _Connection:
    """Leaves when it is told to."""

    def __init__(self, overflow: OverflowConnections) -> None:
        self._overflow = overflow
        overflow.admit(self)

    def dismiss(self) -> None:
        self._overflow.forget(self)


def test_the_newest_stay() -> None:
    overflow = OverflowConnections()
    connections = [_Connection(overflow) for _ in range(100)]
    assert [connection in overflow for connection in connections] == [False] * 36 + [True] * 64
    assert len(overflow) == 64


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        (b"GET", b"/v2/health/live", True),
        (b"GET", b"/v2/health/ready", True),
        (b"GET", b"/v2/models/telco/ready", True),
        (b"GET", b"/v2/models/telco/versions/7/ready", True),
        (b"POST", b"/v2/health/live", False),
        (b"POST", b"/v2/models/telco/infer", False),
        (b"GET", b"/v2/models/telco", False),
    ],
)
def test_probes(method: bytes, url: bytes, expected: bool) -> None:
    assert is_probe(method, url) is expected
