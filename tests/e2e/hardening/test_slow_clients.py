"""Clients that send a byte now and then, or nothing at all, hold no memory and shut nobody out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from support.eventually import eventually
from support.figures import record
from support.hardening.many_connections import ManyConnections, slow_body, slow_headers
from support.hardening.memory import MemoryGrowth
from support.hardening.neighbour import Neighbour
from support.local_stack import Serving

SLOW_CLIENTS = 200
SLOW_SECONDS = 15
"""The server gives a request 10 s to arrive."""

IDLE_CONNECTIONS = 10_000
CAP = 2_000
SETTLE_SECONDS = 20


@pytest.mark.parametrize("bytes_at", [slow_headers, slow_body])
def test_slow_requests_are_ended(bytes_at: Callable[[int], bytes], abused: Serving, neighbour: Neighbour) -> None:
    growth = MemoryGrowth(abused.process.pid)
    with ManyConnections(abused.rest_url, SLOW_CLIENTS, bytes_at) as slow:
        eventually(lambda: slow.open == 0, SLOW_SECONDS)

    @contextmanager
    def slow_clients() -> Iterator[None]:
        with ManyConnections(abused.rest_url, SLOW_CLIENTS, bytes_at):
            yield

    compared = neighbour.compare(slow_clients)
    name = bytes_at.__name__
    assert record(f"{name}_rss_growth_mib", growth.mebibytes(), "MiB", "<= 50").holds
    assert record(f"{name}_neighbour_p99", compared.ratio, "times", "<= 2").holds, compared


def test_idle_connections_are_capped(abused: Serving, neighbour: Neighbour) -> None:
    growth = MemoryGrowth(abused.process.pid)
    with ManyConnections(abused.rest_url, IDLE_CONNECTIONS) as idle:
        eventually(lambda: idle.open <= CAP, SETTLE_SECONDS)
        still_open = idle.open
        assert growth.mebibytes() <= 100
        # Who was connected before is served on; who comes now is a probe, and must not find a server that looks dead.
        compared = neighbour.compare(_nothing_more)
        probe = httpx.get(f"{abused.rest_url}/v2/health/live", timeout=3)
        assert probe.status_code == 200
    assert compared.abused < 0.1
    record("idle_connections_open", still_open, "connections", f"<= {CAP}")
    assert record("idle_connections_rss_growth_mib", growth.mebibytes(), "MiB", "<= 100").holds
    eventually(lambda: httpx.get(f"{abused.rest_url}/v2/health/ready", timeout=3).status_code == 200, 5)


@contextmanager
def _nothing_more() -> Iterator[None]:
    yield
