"""Overflow connections: the newest stay, and only what probes ask is theirs."""

from asyncio import AbstractEventLoop, TimerHandle
from unittest.mock import create_autospec

import pytest
from churn_runtimes.rest.overflow_connections import OverflowConnections
from churn_runtimes.rest.probes import is_probe


class _Connection:
    """Leaves when it is told to."""

    def __init__(self, overflow: OverflowConnections) -> None:
        self._overflow = overflow
        self.timer = create_autospec(TimerHandle)
        loop = create_autospec(AbstractEventLoop)
        loop.call_later.return_value = self.timer
        overflow.admit(self, loop)

    def dismiss(self) -> None:
        self._overflow.forget(self)


def test_the_newest_stay() -> None:
    overflow = OverflowConnections()
    connections = [_Connection(overflow) for _ in range(100)]
    assert [connection in overflow for connection in connections] == [False] * 36 + [True] * 64
    assert len(overflow) == 64


def test_who_leaves_is_kept_by_no_timer() -> None:
    overflow = OverflowConnections()
    connections = [_Connection(overflow) for _ in range(65)]
    connections[-1].dismiss()
    assert [connection.timer.cancel.called for connection in connections] == [True] + [False] * 63 + [True]


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
