"""uvicorn that leaves signals alone: what the REST port and the metrics port are served by.

MLServer listens to signals and stops its servers in the order of a drain. uvicorn's own handlers would end every one
of them at the signal itself, metrics first, and a Ctrl-C that reaches a server twice cuts off what is under way.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


class UnsignalledServer(uvicorn.Server):
    """Ends when its `handle_exit` is called, and only then."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
