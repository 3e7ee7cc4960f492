"""Connections beyond the limit: a few at a time, for a second, for what probes ask.

Without them whoever holds idle connections enough makes the kubelet's probes fail, and the pod restart.
"""

from collections import deque
from typing import Protocol

_AT_ONCE = 64
SECONDS = 1.0
"""How long one may stay. The kubelet sends its request as soon as it is connected."""


class Connection(Protocol):
    """A connection as it is seen here."""

    def dismiss(self) -> None:
        """Tell the client that there are too many connections, and close."""


class OverflowConnections:
    """The newest stay, so that a probe has its turn however many connect."""

    def __init__(self) -> None:
        self._overflow: deque[Connection] = deque()

    def __len__(self) -> int:
        return len(self._overflow)

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._overflow

    def admit(self, connection: Connection) -> None:
        """Take one in; the oldest leaves for it when there are enough."""
        if len(self._overflow) == _AT_ONCE:
            self._overflow[0].dismiss()
        self._overflow.append(connection)

    def forget(self, connection: Connection) -> None:
        """It is closed, or about to be."""
        self._overflow.remove(connection)
