"""Which values of `traceparent` are one, and what of them comes back."""

import pytest
from churn_runtimes.traceparent import read_traceparent

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("value", "echoed"),
    [
        pytest.param(GOOD, GOOD, id="version 00"),
        pytest.param(GOOD[:-2] + "00", GOOD[:-2] + "00", id="not sampled"),
        pytest.param("cc" + GOOD[2:] + "-more", "cc" + GOOD[2:], id="a later version"),
        pytest.param("", None, id="empty"),
        pytest.param("ff" + GOOD[2:], None, id="no version"),
        pytest.param("00-" + "0" * 32 + GOOD[35:], None, id="no trace"),
        pytest.param(GOOD[:36] + "0" * 16 + "-01", None, id="no parent"),
        pytest.param(GOOD.upper(), None, id="capitals"),
        pytest.param(GOOD + "\r\nx: y", None, id="another header"),
        pytest.param(GOOD[:-1], None, id="too short"),
    ],
)
def test_a_malformed_traceparent_is_none(value: str, echoed: str | None) -> None:
    assert read_traceparent(value) == echoed
