"""One worker of the stream as a real process, killed or ended by its own pid."""

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from churn_models.bundle import Bundle
from churn_runtimes.stream.settings import Topics
from support.free_port import free_port
from support.processes import Process

VERSION = "7"
_READY_SECONDS = 300
_ASSIGNED = re.compile(r"partitions of \S+: \[(.*)\]")
"""The line of the log that says which partitions are its own."""


class StreamWorker:
    """Started when it is made, ended with its block; `wait_assigned` says when it reads."""

    def __init__(self, bundle: Bundle, brokers: str, topics: Topics, log: Path, options: Sequence[str] = ()) -> None:
        self.group = f"of-{topics.output}"
        self.metrics_url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "churn_runtimes", "stream", "--bundle", str(bundle.folder)]
        command += ["--model-version", VERSION, "--brokers", brokers, "--input", topics.input]
        command += ["--output", topics.output, "--dead-letter", topics.dead_letter, "--group", self.group]
        command += ["--host", "127.0.0.1", "--metrics-port", str(port), *options]
        self._process = Process(command, log, os.environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def wait_assigned(self) -> None:
        """Until the group has given it partitions. Raises ProcessFailed."""
        self._process.wait_until(lambda: bool(self.partitions), _READY_SECONDS)

    @property
    def partitions(self) -> Sequence[int]:
        """Its own, as it has said last."""
        told = _ASSIGNED.findall(self.log)
        return [int(number) for number in told[-1].split(", ")] if told and told[-1] else []

    @property
    def assignments(self) -> int:
        """How often the group has given it partitions."""
        return len(list(filter(None, _ASSIGNED.findall(self.log))))

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._process.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process.running()

    def pause(self) -> None:
        """As a machine does that has no time for it."""
        self._process.pause()

    def go_on(self) -> None:
        """End the pause."""
        self._process.go_on()

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def end(self) -> int:
        """As the kubelet does. Gives the exit code."""
        return self._process.stop()
