"""The drift sidecar of one bundle's folder as processes of its own, beside `bundle_server` with `--tap`."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from churn_models.bundle import Bundle
from churn_models.drift.report import Report
from support.free_port import free_port
from support.probe import succeeds
from support.processes import Process

_SECONDS = 60
_MEBI = 1 << 10


class RunningSidecar:
    """A ready one."""

    def __init__(self, process: Process, url: str, ready_seconds: float) -> None:
        self.process = process
        self.url = url
        self.ready_seconds = ready_seconds
        """From its start to its first answer."""

    def report(self) -> Report:
        """What it says now."""
        return Report.read(httpx.get(f"{self.url}/report", timeout=10).content)

    @property
    def child(self) -> int:
        """The process that counts and answers, which `process` has begun."""
        (found,) = children_of(self.process.pid)
        return found

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Its child stands still."""
        child = self.child
        os.kill(child, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(child, signal.SIGCONT)

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Its child has a tenth of the time."""
        ends = threading.Event()

        def hold() -> None:
            while not ends.wait(0.005):
                with self.stopped():
                    ends.wait(0.045)

        holding = threading.Thread(target=hold)
        holding.start()
        try:
            yield
        finally:
            ends.set()
            holding.join()

    def cpu_seconds(self) -> float:
        """Processor time of both so far."""
        return sum(_cpu_seconds(process) for process in (self.process.pid, self.child))

    def peak_mebibytes(self) -> float:
        """The largest resident sizes of both so far."""
        return sum(peak_mebibytes(process) for process in (self.process.pid, self.child))


def children_of(process: int) -> list[int]:
    """Ids of the processes that it has begun; of one thread alone."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def peak_mebibytes(process: int) -> float:
    """The largest resident size so far."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / _MEBI for line in lines if line.startswith("VmHWM:"))


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def drift_sidecar(
    bundle: Bundle, tap: Path, log: Path, options: Sequence[str] = (), environment: Mapping[str, str] = os.environ
) -> Iterator[RunningSidecar]:
    """A ready sidecar, ended with the block. Raises ProcessFailed."""
    port = free_port()
    command = [sys.executable, "-m", "churn_runtimes", "drift", "--bundle", str(bundle.folder), "--tap", str(tap)]
    command += ["--digest", bundle.digest, "--name", "small", "--model-version", "7"]
    command += ["--host", "127.0.0.1", "--port", str(port), *options]
    url, began = f"http://127.0.0.1:{port}", time.monotonic()
    process = Process(command, log, environment)
    try:
        process.wait_until(lambda: succeeds(f"{url}/healthz"), _SECONDS)
        yield RunningSidecar(process, url, time.monotonic() - began)
    finally:
        process.stop()
