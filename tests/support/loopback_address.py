"""Addresses of this machine that play pods' addresses: each of its own, so that all pods may listen on one port."""

import os
from itertools import count

_FIRST_NET = 40
_WORKERS = 200

_numbers = count(1)


def loopback_address() -> str:
    """One of 127.0.0.0/8 that nothing else in the tests is given, in whatever pytest worker."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    high, low = divmod(next(_numbers), 250)
    return f"127.{_FIRST_NET + worker}.{high % 250}.{low + 1}"
