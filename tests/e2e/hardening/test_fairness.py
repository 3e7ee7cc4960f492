"""A probe on a new connection waits for nobody: whatever others ask, and however many of them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.figures import record
from support.hardening.load import Load, Result, finish, start
from support.keep_alive import KeepAlive, request
from support.local_stack import Serving
from support.refused_requests import WIDTH

SECONDS = 6.0
PAUSE = 0.1
PROBE = request("/v2/health/ready", method="GET", headers={"Connection": "close"})
WAIT_BAR = 1.5


@dataclass
class Seen:
    """Of all loads so far, seconds."""

    waits: list[float] = field(default_factory=list)
    p999: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    seen = Seen()
    yield seen
    record("probe_wait_s_max", max(seen.waits), "s on a new connection under four loads", f"<= {WAIT_BAR}")
    record("request_p999_s", max(seen.p999), "s, the worst of those loads", "<= 5")


def _waits(url: str, until: float) -> Iterator[float]:
    """Of one probe after the other, each on a connection of its own, as the kubelet's are."""
    while time.monotonic() < until:
        began = time.monotonic()
        with KeepAlive(url) as connection:
            answer = connection.ask(PROBE, method="GET")
        assert (answer.status, answer.json()) == (200, {"ready": True})
        yield time.monotonic() - began
        time.sleep(PAUSE)


def _body(rows: int) -> bytes:
    data = [(row * (column + 3) // 7) % 90 for row in range(rows) for column in range(WIDTH)]
    tensor = {"name": "rows", "shape": [rows, WIDTH], "datatype": "FP32", "data": data}
    return json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("connections", "rows", "depth"),
    [
        pytest.param(600, 32, 1, id="600 connections, 32 rows"),
        pytest.param(100, 160, 1, id="100 connections, 160 rows"),
        pytest.param(16, 160, 16, id="16 pipelining connections, 160 rows"),
        pytest.param(600, 1, 1, id="600 connections, 1 row"),
    ],
)
def test_probes_do_not_wait(
    connections: int, rows: int, depth: int, server: Serving, seen: Seen, tmp_path: Path
) -> None:
    asked = tmp_path / "request"
    asked.write_bytes(request("/v2/models/small/infer", _body(rows)))
    port = int(server.rest_url.rpartition(":")[2])
    load = start(Load(port, str(asked), SECONDS, connections, depth=depth))
    waits = list(_waits(server.rest_url, time.monotonic() + SECONDS))
    result = finish(load)
    print(f"probes {len(waits)}, worst {max(waits):.3f} s; {result}")
    seen.waits += waits
    seen.p999.append(result.p999)
    assert max(waits) <= WAIT_BAR
    _check(result)


def _check(result: Result) -> None:
    """The load was one, and its clients were answered too, or told when to come again."""
    assert result.statuses["200"] > 0
    assert set(result.statuses) <= {"200", "503"}
    assert (result.broken, result.late, result.without_retry_after) == (0, 0, 0)
