"""One client connection: uvicorn's, bounded in number and time, with the fast path before ASGI.

A small, common request to a ready ensemble is answered right here, between two reads of the socket: uvicorn's task,
scope and event objects for each request cost more than the answer does. Every other request takes uvicorn's way
to the bounded app, and so does one that the fast path does not know, with its body.
"""

from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from churn_runtimes import metrics
from churn_runtimes.limits import Limits
from churn_runtimes.rest.bounded_app import BYTES_ON_THE_LOOP, BoundedApp
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.head_checks import HEADER_LENGTH
from churn_runtimes.rest.overflow_connections import SECONDS as OVERFLOW_SECONDS
from churn_runtimes.rest.overflow_connections import is_probe

_NOT_FOR_THE_FAST_PATH = frozenset({b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", HEADER_LENGTH})
_HEAD_BYTES = 65_536
"""Of a request's line and headers, as far as they come in more than one piece; one piece is smaller than 256 KiB."""
_VERSIONS = ("1.1", "1.0")
_LINGER_SECONDS = 1.0
"""How long a stopping server keeps a quiet connection, for a request that is already on its way."""


def _closing(status: str, message: str) -> bytes:
    body = orjson.dumps({"error": message})
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nconnection: close\r\nretry-after: 1\r\n"
        b"content-length: %d\r\n\r\n%b"
    ) % (status.encode(), len(body), body)


_TOO_MANY = _closing("503 Service Unavailable", "too many connections")
_TOO_SLOW = _closing("408 Request Timeout", "the request came too slowly")
_HEAD_TOO_LARGE = _closing("431 Request Header Fields Too Large", "the headers are too large")
_NO_HTTP = _closing("400 Bad Request", "this is no HTTP request")


class V2Protocol(HttpToolsProtocol):
    """Made by uvicorn for each connection."""

    def __init__(self, *arguments: Any, bounded_app: BoundedApp, limits: Limits, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._bounded_app = bounded_app
        self._overflow = bounded_app.overflow
        self._limits = limits
        self._fast_path: FastPath | None = None
        self._is_shed = False
        self._body = b""
        self._began: float | None = None
        self._in_head = False
        self._head_bytes = 0
        self._quiet_since = self.loop.time()
        self._stopping = False

    def connection_made(self, transport: Any) -> None:
        """Take the connection, beyond the limit as an overflow connection."""
        super().connection_made(transport)
        if len(self.connections) - len(self._overflow) > self._limits.connections:
            self._overflow.admit(self)
            self.loop.call_later(OVERFLOW_SECONDS, self.dismiss)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another."""
        if self in self._overflow:
            self._overflow.forget(self)
        super().connection_lost(exc)

    def dismiss(self) -> None:
        """Tell an overflow connection that there are too many."""
        if self in self._overflow:
            self._overflow.forget(self)
            # Counted no more: the next would else be beyond the limit because of it.
            self.connections.discard(self)
            metrics.refused_connection()
            self.transport.write(_TOO_MANY)
            self.transport.close()

    def expire(self, now: float) -> None:
        """Close the connection if its client is too slow, or has been quiet for too long."""
        if self._began is not None:
            if now - self._began > self._limits.reading:
                self.transport.write(_TOO_SLOW)
                self.transport.close()
        elif self._is_idle() and now - self._quiet_since > self._limits.keep_alive:
            self.transport.close()

    def shutdown(self) -> None:
        """Answer what is under way, and what comes until the connection has been quiet for a moment."""
        self._stopping = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        self.loop.call_later(_LINGER_SECONDS, self._close_if_idle)

    def data_received(self, data: bytes) -> None:
        """Parse on, unless the head has no end: the parser keeps what it has not understood yet."""
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def pause_writing(self) -> None:
        """Read no more requests from a client that does not read its answers."""
        super().pause_writing()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        self.flow.resume_reading()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed gets the protocol's form of error too."""
        if self in self._overflow:
            self.dismiss()
        elif not self.transport.is_closing():
            self.transport.write(_NO_HTTP)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Note when the request began; uvicorn's scope is made only for requests that go its way."""
        self._began = self.loop.time()
        self._in_head = True
        self._head_bytes = 0
        self._fast_path = None
        self._is_shed = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Choose the way. Raises ValueError for what is not served, and the parser gives up then."""
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("not HTTP/1.1 or 1.0")
        if self in self._overflow and not is_probe(self.parser.get_method(), self.url):
            raise ValueError("beyond the limit, and no probe")
        self._in_head = False
        fast_path = self._bounded_app.fast_paths.get(self.url)
        length = None if fast_path is None else self._plain_length()
        if fast_path is None or length is None:
            self._start_cycle()
        elif length <= BYTES_ON_THE_LOOP and not fast_path.slow:
            self._fast_path = fast_path
            self._body = b""
        elif self._bounded_app.is_full and length <= self._limits.body:
            # What is shed must cost next to nothing: under overload there is more of it than of answers.
            self._is_shed = True
            self.transport.write(self._bounded_app.busy())
        else:
            self._start_cycle()

    def on_body(self, body: bytes) -> None:
        """Keep the fast path's body; uvicorn keeps the others, and nobody keeps what is shed."""
        if self._fast_path is not None:
            self._body += body
        elif not self._is_shed:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer at once, or hand the request over whole."""
        self._began = None
        self._quiet_since = self.loop.time()
        if self._is_shed:
            return None
        if self._fast_path is None:
            return super().on_message_complete()
        answer = self._fast_path.answer(self._body)
        if answer is not None:
            head = self._bounded_app.answer_head(self.server_state.default_headers)
            self.transport.write(b"%b%d\r\n\r\n%b" % (head, len(answer), answer))
            return None
        self._start_cycle()
        super().on_body(self._body)
        return super().on_message_complete()

    def on_response_complete(self) -> None:
        """Count the quiet time from here."""
        self._quiet_since = self.loop.time()
        super().on_response_complete()

    def _plain_length(self) -> int | None:
        """Of the body, for a request that can be answered right here."""
        # An answer must not overtake the one before it.
        if self._stopping or not self._is_idle() or self.parser.get_method() != b"POST":
            return None
        length = b""
        for name, value in self.headers:
            if name == b"content-length":
                length = value
            elif name in _NOT_FOR_THE_FAST_PATH:
                return None
        is_usual = length.isdigit() and self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
        return int(length) if is_usual else None

    def _start_cycle(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
        # From here on the bounded app bounds the time.
        self._began = None
        if self._stopping or self in self._overflow:
            self.cycle.keep_alive = False

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._began is None and self._is_idle():
            self.transport.close()
