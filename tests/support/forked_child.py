"""Python modules run as processes of their own, forked from one that has imported what they need.

`OperatorProcess` starts operators so: what the operator imports takes seconds of a core, and the tests start it
hundreds of times. It is a process like any other: pid, signals, environment, log and exit code are its own.
"""

import os
import runpy
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from subprocess import TimeoutExpired
from typing import BinaryIO

from kubernetes.aio.config import kube_config

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["churn_operator.cli"])


class ForkedChild:
    """As `subprocess.Popen`, of a command `[python, "-m", module, *arguments]` in a process group of its own."""

    def __init__(self, command: list[str], output: BinaryIO, environment: Mapping[str, str]) -> None:
        self.args = command
        self._process = _FORKS.Process(target=_run, args=(command[2:], output.name, dict(environment)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Of the process itself."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the signal that ended it as a negative number; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def send_signal(self, sig: int, /) -> None:
        """To a process that has not ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises TimeoutExpired."""
        self._process.join(timeout)
        if (code := self.returncode) is None:
            raise TimeoutExpired(self.args, timeout or 0.0)
        return code


def _run(command: list[str], log: str, environment: dict[str, str]) -> None:
    os.setsid()
    with open(log, "ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    # It has read the variable when it was imported.
    kube_config.KUBE_CONFIG_DEFAULT_LOCATION = environment.get("KUBECONFIG", "")
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
