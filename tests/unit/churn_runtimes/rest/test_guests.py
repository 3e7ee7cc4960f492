"""Guests: the newest stay, and only what probes ask is theirs."""

import pytest
from churn_runtimes.rest.guests import Guests, is_probe


class _Connection:
    """Leaves when it is told to."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        guests.admit(self)

    def dismiss(self) -> None:
        self._guests.forget(self)


def test_the_newest_stay() -> None:
    guests = Guests()
    connections = [_Connection(guests) for _ in range(100)]
    assert [connection in guests for connection in connections] == [False] * 36 + [True] * 64
    assert len(guests) == 64


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
