"""Ports for the servers that tests start: none that somebody else could take before the server does."""

import os
import random
import socket
from collections.abc import Iterator
from itertools import cycle

_FIRST = 12_000
_EACH = 1_800
_WORKERS = 10
"""All lie below what Linux gives to clients' connections (from 32,768) and Kubernetes to NodePorts (from 30,000)."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now, and that no other pytest worker is given."""
    return next(port for port in _ports if _is_free(port))


def _ports_of_this_worker() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST + worker * _EACH
    return cycle(random.sample(range(first, first + _EACH), _EACH))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_ports = _ports_of_this_worker()
