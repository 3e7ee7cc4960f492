"""Clients that send a byte now and then, or nothing at all, hold no memory and shut nobody out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from support.eventually import eventually
from support.figures import record
from support.hardening.many_connections import ManyConnections, slow_body, slow_headers
from support.hardening.memory import MemoryGrowth
from support.hardening.neighbour import SUFFERING, Neighbour
from support.local_stack import Serving

SLOW_CLIENTS = 100
"""Of each kind."""

SLOW_SECONDS = 15
"""The server gives a request 10 s to arrive."""

IDLE_CONNECTIONS = 10_000
CAP = 2_000
SETTLE_SECONDS = 20


def test_slow_requests_are_ended(abused: Serving, neighbour: Neighbour) -> None:
    @contextmanager
    def slow_clients() -> Iterator[list[ManyConnections]]:
        heads = ManyConnections(abused.rest_url, SLOW_CLIENTS, slow_headers)
        bodies = ManyConnections(abused.rest_url, SLOW_CLIENTS, slow_body)
        with heads, bodies:
            yield [heads, bodies]

    growth = MemoryGrowth(abused.process.pid)
    with slow_clients() as clients:
        eventually(lambda: sum(kind.open for kind in clients) == 0, SLOW_SECONDS)
    compared = neighbour.compare(slow_clients)
    assert record("slow_clients_rss_growth_mib", growth.mebibytes(), "MiB", "<= 50").holds
    record("slow_clients_neighbour_p99", compared.ratio, "times", "<= 2")
    assert compared.ratio <= SUFFERING, compared


def test_idle_connections_are_capped(abused: Serving, neighbour: Neighbour) -> None:
    growth = MemoryGrowth(abused.process.pid)
    files, before = _files(abused), neighbour.p99()
    with ManyConnections(abused.rest_url, IDLE_CONNECTIONS) as idle:
        # Some clients take themselves for connected while the kernel has dropped them: the server's files count.
        eventually(lambda: idle.open < IDLE_CONNECTIONS / 2 and _files(abused) - files <= CAP, SETTLE_SECONDS)
        # Who was connected before is served on, and a probe, which connects anew, finds no server that looks dead.
        during = neighbour.p99()
        assert httpx.get(f"{abused.rest_url}/v2/health/live", timeout=3).status_code == 200
        assert httpx.get(f"{abused.rest_url}/v2/models/small/ready", timeout=3).status_code == 200
        assert record("idle_connections_open", _files(abused) - files, "connections", f"<= {CAP}").holds
    assert record("idle_connections_rss_growth_mib", growth.mebibytes(), "MiB", "<= 100").holds
    record("idle_connections_neighbour_p99", during / before, "times", "<= 2")
    assert during / before <= SUFFERING, (before, during)
    eventually(lambda: _answers_anew(abused), 5)


def _files(server: Serving) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def _answers_anew(server: Serving) -> bool:
    return httpx.get(f"{server.rest_url}/v2", timeout=3).status_code == 200
