"""Scheduling of what is measured: latencies of milliseconds say little while other work of the machine has its turn."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def ahead(*pids: int) -> Iterator[None]:
    """These processes (0 is this one) go before all others of their cores, where the account may ask for it."""
    with suppress(PermissionError):
        for pid in pids:
            os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        for pid in pids:
            behind(pid)


def behind(pid: int = 0) -> None:
    """Wait like any other process; a child of one that is ahead begins ahead."""
    os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
