"""p99 of our server while a candidate answers a quarter of its requests, beside one where none is tried.

Both are on the servers' core, their rounds interleaved; `__main__` asks for it after the loads, `candidate` alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
from bench.contenders import ours
from bench.loads import Load, Protocol
from bench.measured import p99_ratios
from bench.names import Name
from bench.payloads import Payloads
from bench.rig import Rig, Server
from bench.rounds import Subject, run_rounds
from churn_models.digest import digest_of
from churn_models.traffic import OfferedTable, State, Traffic
from support.eventually import eventually
from support.free_port import free_port
from support.tables import Opened, change, packed
from support.traffic_server import TrafficServer

_WEIGHT = 25
_SECONDS = 30
_OTHER = f"sha256:{'0' * 64}"
# A closed loop, as the measurement was from which the bar comes. In an open loop that leaves the server idle, one
# request in four is one that both score, so p99 says what such a one takes, not how long others wait for it.
QUARTER = Load(
    "REST, 1 row, 8 connections, a candidate at 25 %", Protocol.REST, rows=1, seconds=5, rounds=7, connections=8
)


def quarter_p99_ratios(rig: Rig, local: Server, payloads: Payloads) -> Sequence[float]:
    """How many times longer the slowest hundredth waits with the candidate, by round. Raises LoadFailed."""
    with _tried(rig) as tried:
        subjects = [Subject(Name.OURS, local), Subject(Name.OURS_TRIED, tried)]
        rounds = run_rounds([QUARTER], subjects, payloads, rig)[QUARTER]
    return p99_ratios(rounds[Name.OURS_TRIED], rounds[Name.OURS])


@contextmanager
def _tried(rig: Rig) -> Iterator[Server]:
    """A server whose candidate is as large as its own model: the same trees under another bundle's name."""
    own = packed(rig.bundle, "1")
    content = change(own.content, _rename)
    with TrafficServer() as operator:
        metrics = free_port()
        server = ours(rig, "ours-tried", {"--metrics-port": metrics, "--traffic": operator.url})
        server.wait()
        operator.files["/table"] = content
        table = OfferedTable(sha256=digest_of(content), digest=_OTHER, version="2", sources=(f"{operator.base}/table",))
        operator.word = Traffic(generation=1, tables=(table,), candidate=table.sha256, weight=_WEIGHT)
        eventually(lambda: _is_in_force(metrics), _SECONDS)
        yield server
        assert _is_in_force(metrics)


def _rename(opened: Opened) -> None:
    opened.header["digest"] = _OTHER


def _is_in_force(metrics_port: int) -> bool:
    answer = httpx.get(f"http://127.0.0.1:{metrics_port}/state", timeout=_SECONDS)
    found = State.read(answer.content).in_force
    return found is not None and found.weight == _WEIGHT
