"""Child processes of the demo and the end-to-end tests: started, waited for, and always ended by their own pid."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

_STOP_SECONDS = 15


class ProcessFailed(Exception):
    """A child ended, or did not get ready in time; carries the end of its log."""


class Child(Protocol):
    """What is needed of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Of the child itself."""

    def poll(self) -> int | None:
        """The exit code; None while it runs."""

    def send_signal(self, sig: int, /) -> None:
        """To a child that has not ended."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises TimeoutExpired."""


Start = Callable[[list[str], BinaryIO, Mapping[str, str]], Child]
"""Starts a command in a process group of its own, with this output and this environment."""


def start_anew(command: list[str], output: BinaryIO, environment: Mapping[str, str]) -> Child:
    """As a shell does."""
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True)


class Process:
    """One child in a process group of its own, its output in a log file."""

    def __init__(
        self, command: list[str], log: Path, environment: Mapping[str, str], start: Start = start_anew
    ) -> None:
        self.log = log
        self._name = " ".join(command[:4])
        with log.open("wb") as output:
            self._child = start(command, output, environment)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll until `ready`. Raises ProcessFailed when the child ends first or the deadline passes."""
        deadline = time.monotonic() + seconds
        while not ready():
            if (code := self._child.poll()) is not None:
                raise ProcessFailed(f"{self._name} ended with {code}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self._name} was not ready within {seconds:.0f} s:\n{self._tail()}")
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the child itself."""
        return self._child.pid

    def running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._child.poll() is None

    def wait(self, seconds: float) -> int:
        """The exit code, once the child has ended by itself."""
        return self._child.wait(timeout=seconds)

    def pause(self) -> None:
        """Let the child and its own children stand still."""
        os.killpg(self._child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End the pause."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGCONT)

    def stop(self) -> int:
        """End the child and its own children. Gives the exit code."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            self.go_on()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return self._child.wait()

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
