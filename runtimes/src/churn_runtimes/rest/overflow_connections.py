"""Connections beyond the limit: a few at a time, for a second, for what probes ask.

Without them whoever holds idle connections enough makes the kubelet's probes fail, and the pod restart.
"""

from asyncio import AbstractEventLoop, TimerHandle
from typing import Protocol

_AT_ONCE = 64
_SECONDS = 1.0
"""How long one may stay. The kubelet sends its request as soon as it is connected."""


class Connection(Protocol):
    """A connection as it is seen here."""

    def dismiss(self) -> None:
        """Tell the client that there are too many connections, and close."""


class OverflowConnections:
    """The newest stay, so that a probe has its turn however many connect."""

    def __init__(self) -> None:
        self._overflow: dict[Connection, TimerHandle] = {}
        """The oldest first, with what dismisses it in time."""

    def __len__(self) -> int:
        return len(self._overflow)

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._overflow

    def admit(self, connection: Connection, loop: AbstractEventLoop) -> None:
        """Take one in for its time; the oldest leaves for it when there are enough."""
        if len(self._overflow) == _AT_ONCE:
            next(iter(self._overflow)).dismiss()
        self._overflow[connection] = loop.call_later(_SECONDS, connection.dismiss)

    def forget(self, connection: Connection) -> None:
        """It is closed, or about to be. Its timer would keep it in memory for the rest of its second."""
        self._overflow.pop(connection).cancel()
