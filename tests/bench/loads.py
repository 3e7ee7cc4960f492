"""The loads: closed or open loop, REST or gRPC, 1 or 32 rows; each runs a generator on its core and reads what it says.

A closed loop asks again when it is answered, on a fixed number of connections. An open loop asks every server at the
same rate, whether it answers or not, and counts each latency from when the request was due.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench import generators
from bench.measured import Measured, from_latencies, from_schedule
from bench.open_loop import LoadFailed
from bench.payloads import Payloads
from bench.rig import LOAD_CORE, Server, on_core, peer_environment

_LUA = Path(__file__).with_name("wrk.lua")
_CALL = "inference.GRPCInferenceService.ModelInfer"
_GRPC_CONNECTIONS = 8


class Protocol(StrEnum):
    """How it is asked."""

    REST = "REST"
    GRPC = "gRPC"


@dataclass(frozen=True)
class Load:
    """One row of the table; without `connections` it is an open loop for those that reached its rate in `reached`."""

    title: str
    protocol: Protocol
    rows: int
    seconds: float
    rounds: int
    connections: int | None = None
    per_second: float = 0.0
    reached: "Load | None" = None


def run(load: Load, server: Server, bodies: Path, payloads: Payloads) -> Measured:
    """Run one load once. Raises LoadFailed."""
    if load.protocol is Protocol.GRPC:
        return _ghz(load, server, payloads)
    if load.connections is None:
        arguments = [str(server.rest_port), server.infer_path, str(bodies), str(load.per_second), str(load.seconds)]
        return Measured(**_run([sys.executable, "-m", "bench.open_loop", *arguments])[0])
    return _wrk(load, server, bodies)


def _wrk(load: Load, server: Server, bodies: Path) -> Measured:
    options = {"--threads": 1, "--connections": load.connections, "--duration": f"{load.seconds}s", "--timeout": "10s"}
    words = [str(word) for option in options.items() for word in option]
    said, busy = _run(["wrk", *words, "--script", str(_LUA), server.infer_url, "--", str(bodies)])
    if said["failed"] or not said["answered"]:
        raise LoadFailed(f"{load.title}: {said}")
    return Measured(said["answered"] / said["seconds"], said["p50_ms"], said["p99_ms"], busy)


def _ghz(load: Load, server: Server, payloads: Payloads) -> Measured:
    workers, rate = load.connections or _GRPC_CONNECTIONS, max(1, round(load.per_second))
    command = [
        str(generators.ghz()),
        "--insecure",
        f"--protoset={payloads.protoset}",
        f"--call={_CALL}",
        f"--binary-file={payloads.messages(load.rows)}",
        f"--duration={load.seconds}s",
        "--duration-stop=wait",
        f"--concurrency={workers}",
        f"--connections={min(workers, _GRPC_CONNECTIONS)}",
        "--format=json",
        "--disable-template-functions",
        "--disable-template-data",
        *([] if load.connections else ["--async", f"--rps={rate}"]),
        f"127.0.0.1:{server.grpc_port}",
    ]
    said, busy = _run(command)
    answers = said["details"]
    if any(answer["status"] != "OK" for answer in answers):
        raise LoadFailed(f"{load.title}: {said['statusCodeDistribution']} {said['errorDistribution']}")
    lasted = [answer["latency"] / 1e9 for answer in answers]
    if load.connections is None:
        ended = [datetime.fromisoformat(answer["timestamp"]).timestamp() for answer in answers]
        lasted = from_schedule(ended, lasted, rate)
    return from_latencies(lasted, said["total"] / 1e9, busy)


def _run(command: list[str]) -> tuple[Any, float]:
    """Run a generator on its core: the JSON at the end of what it printed, and how busy it kept the core."""
    before, began = _used(), time.perf_counter()
    done = subprocess.run(
        [*on_core(LOAD_CORE), *command], capture_output=True, text=True, check=False, env=peer_environment()
    )
    took, used = time.perf_counter() - began, _used() - before
    if done.returncode:
        raise LoadFailed(f"{' '.join(command)}: {done.stderr[-2000:]}")
    begin = 0 if done.stdout.startswith("{") else done.stdout.rindex("\n{")
    return json.loads(done.stdout[begin:]), used / took


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
