"""Which way a REST request takes: decided once, from its head, by `way_of`.

The connection (`protocol`) asks when a head is complete. What it finds on the way may still send a request to the
bounded app: a body that grows too large for the loop, or one that the fast path does not know.
"""

from enum import StrEnum, auto
from typing import NamedTuple

BYTES_ON_THE_LOOP = 16_384
"""A body up to this is read and scored on the event loop, a larger one in a thread."""


class Way(StrEnum):
    """Who answers."""

    PROBE = auto()
    """The connection, at once: probes wait for nobody."""
    FAST = auto()
    """The fast path, in the connection, once the body is read."""
    SHED = auto()
    """The connection, before the body is read: 503, try again."""
    BOUNDED_APP = auto()
    """The bounded app: head checks, in-flight limit, the fast path in a thread for large bodies, MLServer's app."""


_PROBE, _FAST, _SHED, _BOUNDED_APP = Way
"""Looked up once: each look for an enumeration's member is a call in Python 3.11."""


class Request(NamedTuple):
    """What the decision needs of one request, of its connection and of the server."""

    is_first: bool
    """Nothing that was asked before on this connection waits for its answer, which must not be overtaken."""
    is_probe: bool
    is_post: bool
    is_for_fast_path: bool
    """Asks a ready ensemble, and its headers ask for nothing but an answer."""
    scores_on_the_loop: bool
    """A row of that ensemble takes microseconds."""
    length: int | None
    """Of the body in bytes; None when the client sends chunks without saying."""
    max_length: int
    """The largest body that is read at all."""
    is_late: bool
    """It has waited for its turn for so long that its client gains more by asking again."""
    is_full: bool
    """As many requests as may be in flight are."""


def way_of(request: Request) -> Way:
    """The way of one request. One that is too large to be read is told so by the bounded app, never shed."""
    if not request.is_first or (request.length or 0) > request.max_length:
        return _BOUNDED_APP
    if request.is_probe:
        return _PROBE
    if request.is_late and request.is_post:
        return _SHED
    if not request.is_for_fast_path:
        return _BOUNDED_APP
    if request.scores_on_the_loop and (request.length or 0) <= BYTES_ON_THE_LOOP:
        return _FAST
    # What is shed must cost next to nothing: under overload there is more of it than of answers.
    return _SHED if request.is_full else _BOUNDED_APP
