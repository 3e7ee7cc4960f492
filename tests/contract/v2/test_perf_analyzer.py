"""NVIDIA's perf_analyzer against our server, REST and gRPC, with no more said than which model and where."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.debian_package import install_library
from support.figures import record
from support.local_stack import Serving
from support.pinned_environment import pinned_environment

PINS = Path("tests/contract/v2/clients/perf_analyzer.txt")
SECONDS = 300
QUICK = ["--measurement-interval", "500", "--max-trials", "5", "--stability-percentage", "999"]


@pytest.fixture(scope="module")
def programs() -> Path:
    install_library("b64", "libb64-0d")
    return pinned_environment(PINS)


def _environment(programs: Path) -> Mapping[str, str]:
    (runtime,) = programs.parent.glob("lib/*/site-packages/nvidia/cuda_runtime/lib")
    return {**os.environ, "LD_LIBRARY_PATH": str(runtime)}


def _measure(programs: Path, *options: str) -> str:
    command = [str(programs / "perf_analyzer"), *QUICK, *options]
    ended = subprocess.run(
        command, env=_environment(programs), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == 0, f"{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
    return ended.stdout


def test_it_measures_the_ensemble_and_a_member(server: Serving, programs: Path) -> None:
    rest = server.rest_url.removeprefix("http://")
    ways = {
        "REST": ["-m", "small", "-u", rest],
        "REST as JSON": ["-m", "small", "-u", rest, "--input-tensor-format", "json", "--output-tensor-format", "json"],
        "gRPC": ["-m", "small", "-u", server.grpc_target, "-i", "grpc"],
        "batches by gRPC": ["-m", "small", "-u", server.grpc_target, "-i", "grpc", "-b", "8"],
        "a member": ["-m", "small-xgboost", "-u", rest, "--input-data", "zero"],
    }
    printed = {way: _measure(programs, *options) for way, options in ways.items()}
    measured = {way: _throughput(text) > 0 and _server_count(text) > 0 for way, text in printed.items()}
    assert record("perf_analyzer_ok", float(all(measured.values())), "", ">= 1").holds, printed


def _throughput(printed: str) -> float:
    found = re.search(r"Throughput: ([0-9.]+) infer/sec", printed)
    return float(found.group(1)) if found else 0


def _server_count(printed: str) -> int:
    """What the server's own statistics say that it has answered meanwhile."""
    found = re.search(r"Server:\s+Inference count: ([0-9]+)", printed)
    return int(found.group(1)) if found else 0
