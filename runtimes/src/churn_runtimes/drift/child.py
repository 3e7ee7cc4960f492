"""A command as a child that never outlives this process. `supervisor` starts it; only the standard library is here."""

import os
import signal
from collections.abc import Iterable

_PR_SET_PDEATHSIG = 1
NOT_STARTED = 127
"""Exit code of a command that could not be run."""


def start(command: list[str], blocked: Iterable[int]) -> int:
    """The id of a process that runs the command, by its path, with these signals blocked."""
    parent = os.getpid()
    if child := os.fork():
        return child
    try:
        _end_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.execv(command[0], command)
    finally:
        os._exit(NOT_STARTED)


def reap(child: int) -> int | None:
    """The exit code of the child once it has ended, minus the signal's number where a signal has ended it.

    Whoever else has ended is reaped, too: process 1 of a container inherits what its children leave.
    """
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                return os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        return NOT_STARTED
    return None


def _end_with(parent: int) -> None:
    """The kernel kills this process when its parent ends, however it ends."""
    import ctypes  # noqa: PLC0415  # here alone: the parent stays small

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os._exit(NOT_STARTED)
