"""`make demo`, as a newcomer runs it, on an installed environment: it answers, within its time, and leaves nothing."""

import re
import subprocess
import time

from support.figures import record


def test_make_demo() -> None:
    started = time.monotonic()
    ended = subprocess.run(["make", "demo"], capture_output=True, text=True, timeout=300, check=False)
    seconds = time.monotonic() - started
    assert ended.returncode == 0, ended.stdout + ended.stderr
    answers = re.findall(r"^ *\S+ +(0\.\d+|1\.0) +(0\.\d+|1\.0) +(?:Yes|No)$", ended.stdout, re.MULTILINE)
    assert len(answers) == 8
    assert all(rest == grpc for rest, grpc in answers)
    record("demo_warm_s", seconds, "s", "<= 60")


def test_the_demo_leaves_no_process() -> None:
    mlflow = re.search(r"MLflow starts at http://127\.0\.0\.1:(\d+)", _demo_output())
    assert mlflow
    listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=True).stdout
    assert f":{mlflow[1]} " not in listening


def _demo_output() -> str:
    return subprocess.run(["make", "demo"], capture_output=True, text=True, timeout=300, check=True).stdout
