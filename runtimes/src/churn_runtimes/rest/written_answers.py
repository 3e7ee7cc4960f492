"""Answers as bytes, for what the connection says by itself: scores, probes, and why it closes."""

from http import HTTPStatus
from typing import NamedTuple

import orjson

from churn_runtimes.rest.head_checks import HEADER_LENGTH
from churn_runtimes.traceparent import TRACEPARENT

JSON = b"application/json"
OCTETS = b"application/octet-stream"
_OK = HTTPStatus.OK

COME_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses after which the same request may succeed."""

Defaults = list[tuple[bytes, bytes]]


class Heads:
    """Status lines and headers up to the length, kept for as long as uvicorn's own headers are the same: a second."""

    def __init__(self) -> None:
        self._defaults: Defaults | None = None
        self._heads: dict[tuple[int, bytes], bytes] = {}

    def write(self, defaults: Defaults, status: HTTPStatus, body: bytes, *, closes: bool) -> bytes:
        """A whole answer in JSON."""
        head = self._head(defaults, status, JSON)
        return b"%b%d\r\n%b\r\n%b" % (head, len(body), b"connection: close\r\n" if closes else b"", body)

    def write_binary(self, defaults: Defaults, body: bytes, header_length: int, *, closes: bool) -> bytes:
        """A whole answer of scores whose JSON ends at `header_length` and is followed by the tensors' bytes."""
        head = self._head(defaults, _OK, OCTETS)
        last = b"connection: close\r\n" if closes else b""
        return b"%b%d\r\n%b: %d\r\n%b\r\n%b" % (head, len(body), HEADER_LENGTH, header_length, last, body)

    def _head(self, defaults: Defaults, status: HTTPStatus, content_type: bytes) -> bytes:
        if defaults is not self._defaults:
            self._defaults = defaults
            self._heads.clear()
        # An enumeration's own hash takes longer than the rest of this.
        key = (int(status), content_type)
        head = self._heads.get(key)
        if head is None:
            headers = [*defaults, (b"content-type", content_type), (b"content-length", b"")]
            lines = b"\r\n".join(b"%b: %b" % header for header in headers)
            head = b"HTTP/1.1 %d %b\r\n%b" % (status, status.phrase.encode(), lines)
            self._heads[key] = head
        return head


def echo(answer: bytes, traceparent: str) -> bytes:
    """The answer with the request's `traceparent` as its first header."""
    return answer.replace(b"\r\n", b"\r\n%b: %b\r\n" % (TRACEPARENT.encode(), traceparent.encode()), 1)


class WrittenError(NamedTuple):
    """A whole answer, and what it is counted as."""

    status: HTTPStatus
    text: bytes


def _error(status: HTTPStatus, message: str, *, closes: bool) -> WrittenError:
    """It says when to come again where that helps."""
    body = orjson.dumps({"error": message})
    headers = [b"content-type: application/json"]
    headers += [b"retry-after: 1"] if status in COME_AGAIN else []
    headers += [b"connection: close"] if closes else []
    first = b"HTTP/1.1 %d %b" % (status, status.phrase.encode())
    return WrittenError(status, b"\r\n".join([first, *headers, b"content-length: %d" % len(body), b"", body]))


TOO_MANY = _error(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections", closes=True)
TOO_MUCH = _error(HTTPStatus.SERVICE_UNAVAILABLE, "too much waits to be read; try again", closes=True)
TOO_SLOW = _error(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly", closes=True)
HEAD_TOO_LARGE = _error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large", closes=True)
NO_HTTP = _error(HTTPStatus.BAD_REQUEST, "this is no HTTP request", closes=True)
BUSY = _error(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again", closes=False)
BUSY_CLOSES = _error(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again", closes=True)
