"""`make demo`, as a newcomer runs it, on an installed environment: it answers, within its time, and leaves nothing."""

import re
import socket
import subprocess
import time

import pytest
from support.figures import record


@pytest.fixture(scope="module")
def demo() -> tuple[str, float]:
    started = time.monotonic()
    ended = subprocess.run(["make", "demo"], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout, time.monotonic() - started


def test_it_answers_eight_customers_alike_by_rest_and_grpc(demo: tuple[str, float]) -> None:
    answers = re.findall(r"^ *\S+ +(0\.\d+|1\.0) +(0\.\d+|1\.0) +(?:Yes|No)$", demo[0], re.MULTILINE)
    assert len(answers) == 8
    assert all(rest == grpc for rest, grpc in answers)
    record("demo_warm_s", demo[1], "s", "<= 60")


def test_it_leaves_no_server(demo: tuple[str, float]) -> None:
    port = re.search(r"MLflow starts at http://127\.0\.0\.1:(\d+)", demo[0])
    assert port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port[1]))) != 0
