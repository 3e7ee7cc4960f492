"""What the connection reads in a request's head, and the head as it would be without the wish for another protocol."""

from collections.abc import Sequence
from typing import NamedTuple

from httptools import HttpRequestParser

from churn_runtimes.rest.head_checks import HEADER_LENGTH
from churn_runtimes.traceparent import TRACEPARENT, read_traceparent

Headers = Sequence[tuple[bytes, bytes]]

_TRACEPARENT = TRACEPARENT.encode()
_ASKS_FOR_MORE = frozenset({b"content-encoding", b"expect"})
"""Headers that the bounded app has to look at."""


class Head(NamedTuple):
    """What decides the way of the request, and how its body is read."""

    is_plain: bool
    """It asks for nothing but an answer."""
    length: int | None
    """Of the body in bytes; None when chunks follow."""
    header_length: bytes | None
    """Of the JSON before binary tensors; None when the body is JSON alone."""
    traceparent: str | None = None
    """What the answer echoes."""


def read_head(headers: Headers) -> Head:
    """Read the headers of a request that the parser has accepted; their names are in lower case."""
    is_plain, header_length = True, None
    length: int | None = 0
    traceparent = None
    for name, value in headers:
        if name == b"content-length":
            length = int(value)
        elif name == HEADER_LENGTH:
            header_length = value
        elif name == b"transfer-encoding":
            is_plain, length = is_plain and value.lower() == b"chunked", None
        elif name == _TRACEPARENT:
            traceparent = read_traceparent(value.decode("latin-1"))
        elif name in _ASKS_FOR_MORE:
            is_plain = False
    return Head(is_plain, length, header_length, traceparent)


def head_without_upgrade(parser: HttpRequestParser, url: bytes, headers: Headers) -> bytes:
    """The head that the parser has read, without `Upgrade`: a server may ignore it (RFC 9110, 7.8).

    Java's HttpClient and `curl --http2` offer HTTP/2 with every first request, its body included.
    """
    first = b"%b %b HTTP/%b" % (parser.get_method(), url, parser.get_http_version().encode())
    lines = [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([first, *lines, b"", b""])
