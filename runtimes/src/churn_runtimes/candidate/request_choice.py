"""What of a request decides which version answers it: read off every form that V2 has, in one place.

The slower ways of REST and gRPC make one; the fast paths know headers alone and leave other requests to those.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Headers = Iterable[tuple[str | bytes, str | bytes]]
"""Of REST, or gRPC's metadata; names in lower case."""


class RequestChoice(NamedTuple):
    """Of one request."""

    headers: Headers = ()
    parameters: Mapping[str, Any] = {}
    """Of the request itself."""
    is_pinned: bool = False
    """It names the version, or asks for what stable alone has."""

    def key(self, sticky: str | None) -> str | None:
        """By which its customer is chosen; None spreads it evenly."""
        if sticky is None:
            return None
        found = key_in(self.headers, sticky)
        if found is None and sticky in self.parameters:
            return str(self.parameters[sticky])
        return found

    def pinned(self) -> "RequestChoice":
        """The same, answered by stable."""
        return self._replace(is_pinned=True)


def key_in(headers: Headers, sticky: str | None) -> str | None:
    """The value of the sticky header; the last one where there are several."""
    if sticky is None:
        return None
    wanted = (sticky, sticky.encode())
    found = [value for name, value in headers if name in wanted]
    if not found:
        return None
    return found[-1].decode("latin-1") if isinstance(found[-1], bytes) else found[-1]
