"""Connections beyond the limit: a few at a time, for a second, for what probes ask.

Without them whoever holds idle connections enough makes the kubelet's probes fail, and the pod restart.
"""

from collections import deque
from typing import Protocol

_AT_ONCE = 64
SECONDS = 1.0
"""How long a guest may stay. The kubelet sends its request as soon as it is connected."""


class Guest(Protocol):
    """A connection as it is seen here."""

    def dismiss(self) -> None:
        """Tell the client that there are too many connections, and close."""


class Guests:
    """The newest stay, so that a probe has its turn however many connect."""

    def __init__(self) -> None:
        self._guests: deque[Guest] = deque()

    def __len__(self) -> int:
        return len(self._guests)

    def __contains__(self, connection: Guest) -> bool:
        return connection in self._guests

    def admit(self, connection: Guest) -> None:
        """Take one in; the oldest leaves for it when there are enough."""
        if len(self._guests) == _AT_ONCE:
            self._guests[0].dismiss()
        self._guests.append(connection)

    def forget(self, connection: Guest) -> None:
        """It is closed, or about to be."""
        self._guests.remove(connection)


def is_probe(method: bytes, url: bytes) -> bool:
    """Whether a guest may ask this."""
    return method == b"GET" and (url.startswith(b"/v2/health/") or url.endswith(b"/ready"))
