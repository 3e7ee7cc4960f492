"""Bodies and headers without end: refused early, without taking memory, and nobody else is slower for it."""

import pytest
from support.figures import record
from support.hardening.abuser import KINDS, Abuse, abuser
from support.hardening.memory import MemoryGrowth
from support.hardening.neighbour import ROUND_SECONDS, SUFFERING, Neighbour
from support.local_stack import Serving

MOST_SENT = 16 << 20
"""Bytes that may leave a client before it sees the refusal: the kernel's buffers, not the server's."""

STATUSES = {
    "gzip bomb": {415},
    "long body": {413},
    "long chunks": {413},
    "many headers": {431, 400},
    "long header": {431, 400},
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused(kind: str, abused: Serving, neighbour: Neighbour) -> None:
    growth = MemoryGrowth(abused.process.pid)
    seen: list[Abuse] = []
    compared = neighbour.compare(lambda: abuser(kind, abused.rest_url, ROUND_SECONDS, seen))
    assert sum(abuse.requests for abuse in seen) >= 10
    assert max(abuse.most_sent for abuse in seen) <= MOST_SENT
    # 0 where the client had the connection reset before it could read the answer.
    assert {status for abuse in seen for status in abuse.statuses} - {0} <= STATUSES[kind]
    figure = "bomb_rss_growth_mib" if kind == "gzip bomb" else f"{kind.replace(' ', '_')}_rss_growth_mib"
    assert record(figure, growth.mebibytes(), "MiB", "<= 50").holds
    record(f"{kind.replace(' ', '_')}_neighbour_p99", compared.ratio, "times", "<= 2")
    assert compared.ratio <= SUFFERING, compared
