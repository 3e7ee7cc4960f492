"""One client connection: uvicorn's, bounded in number, size and time, and fair to the others.

A small, common request to a ready ensemble is answered right here, between two reads of the socket, and a probe too:
uvicorn's task, scope and event objects for each request cost more than the answer does. `way_of` chooses; every other
request takes uvicorn's way to the bounded app, and so does one that the fast path does not know, with its body.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from churn_runtimes import metrics, tracing
from churn_runtimes.limits import ROWS_ON_THE_LOOP
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.head_checks import is_inference
from churn_runtimes.rest.heads import Head, head_without_upgrade, read_head
from churn_runtimes.rest.intake import Intake
from churn_runtimes.rest.probes import begins_with_probe, is_probe
from churn_runtimes.rest.way import BYTES_ON_THE_LOOP, Request, Way, way_of
from churn_runtimes.rest.written_answers import (
    BUSY,
    BUSY_CLOSES,
    HEAD_TOO_LARGE,
    NO_HTTP,
    TOO_MANY,
    TOO_SLOW,
    Heads,
    WrittenError,
    echo,
)

_BARE_BYTES = 65_536
"""What may come in pieces that hold no byte of a body: a head, trailers, or what extends a chunk's size."""
_VERSIONS = ("1.1", "1.0")
_LINGER_SECONDS = 1.0
"""How long a stopping server keeps a quiet connection, for a request that is already on its way."""

_heads = Heads()


@dataclass(frozen=True)
class _LastAnswer:
    """What a connection ends with."""

    text: bytes
    count: Callable[[], None]
    """To be called when it leaves."""


class V2Protocol(HttpToolsProtocol):
    """Made for each connection."""

    def __init__(self, *arguments: Any, shared: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shared = shared
        self._limits = shared.limits
        self._overflow = shared.overflow
        self._intake = Intake(self, shared)
        self._way = Way.BOUNDED_APP
        self._fast_path: FastPath | None = None
        self._head = Head(is_plain=False, length=0, header_length=None)
        self._ignores_upgrade = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._began: float | None = None
        self._in_head = self._in_body = False
        self._bare_bytes = 0
        self._last_answer: _LastAnswer | None = None
        self._quiet_since = self.loop.time()
        self._stopping = False

    def connection_made(self, transport: Any) -> None:
        """Take the connection, beyond the limit as an overflow connection."""
        super().connection_made(transport)
        if len(self.connections) - len(self._overflow) > self._limits.connections:
            self._overflow.admit(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another."""
        self._intake.drop()
        if self in self._overflow:
            self._overflow.forget(self)
        super().connection_lost(exc)

    def dismiss(self) -> None:
        """Tell an overflow connection that there are too many."""
        if self in self._overflow:
            self._overflow.forget(self)
            # Counted no more: the next would else be beyond the limit because of it.
            self.connections.discard(self)
            self._end(_LastAnswer(TOO_MANY.text, metrics.refused_connection))

    def expire(self, now: float) -> None:
        """Close the connection if its client is too slow, or has been quiet for too long."""
        if self._intake.holds:
            return
        if self._began is not None:
            if now - self._began > self._limits.reading:
                self.end_with(TOO_SLOW)
        elif self._is_idle() and now - self._quiet_since > self._limits.keep_alive:
            self.transport.close()

    def shutdown(self) -> None:
        """Answer what is under way, and what comes until the connection has been quiet for a moment."""
        self._stopping = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        self.loop.call_later(_LINGER_SECONDS, self._end_in_time)

    def data_received(self, data: bytes) -> None:
        """Parse and answer, or keep it until it is this connection's turn; a probe waits for no other's."""
        self._unset_keepalive_if_required()
        self._intake.take(data, at_once=self._began is None and begins_with_probe(data))

    def parse(self, data: bytes) -> None:
        """Take these bytes as the next ones of the client."""
        if self._last_answer is not None:
            return None
        self._bare_bytes += len(data)
        if self._bare_bytes > _BARE_BYTES:
            # The parser keeps what it has not understood yet.
            return self.end_with(HEAD_TOO_LARGE)
        while data and not self.transport.is_closing():
            try:
                return self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :] if self._ignores_upgrade else b""
            except httptools.HttpParserError:
                return self.send_400_response("")
        return None

    def end_with(self, error: WrittenError) -> None:
        """Close with these words: behind the answers that are owed, and not after the request's own."""
        is_inference = self._in_body and self._is_inference()
        self._end(_LastAnswer(error.text, partial(metrics.refused_request, error.status, is_inference=is_inference)))

    def _end(self, answer: _LastAnswer | None) -> None:
        if self._last_answer is not None:
            return
        owes = not self._has_answered()
        if self._in_body and self._way is Way.SHED:
            answer = None
        elif self._in_body and self._way is Way.BOUNDED_APP:
            if self.pipeline:
                # Its own request is the newest that waits, and gets these words for its answer.
                self.pipeline.popleft()
            else:
                owes, answer = False, None if self.cycle.response_started else answer
        if not owes:
            return self._close_after(answer)
        self._last_answer = answer
        self._intake.drop()
        self.flow.pause_reading()

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
            self.end_with(NO_HTTP)

    def on_message_begin(self) -> None:
        """Note when the request began; uvicorn's scope is made only for requests that go its way."""
        self._began = self.loop.time()
        self._in_head, self._in_body = True, False
        self._bare_bytes = 0
        self._ignores_upgrade = False
        self._body = []
        self._body_bytes = 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep it, as uvicorn does; trailers are not kept."""
        if self._in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Choose the way. Raises ValueError for what is not served, and the parser gives up then."""
        method = self.parser.get_method()
        if self.parser.should_upgrade() and method != b"CONNECT":
            self._ignores_upgrade = True
            return
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("not HTTP/1.1 or 1.0")
        if self.transport.is_closing():
            raise ValueError("a request after the last one")
        asks_probe = is_probe(method, self.url)
        if self in self._overflow and not asks_probe:
            raise ValueError("beyond the limit, and no probe")
        self._in_head, self._in_body = False, True
        self._way = way_of(self._request(method, asks_probe))
        if self._way is Way.BOUNDED_APP:
            self._start_cycle()
        elif self._way is Way.SHED:
            metrics.refused_request(BUSY.status, is_inference=self._is_inference())
            self.transport.write((BUSY_CLOSES if self._closes() else BUSY).text)

    def on_body(self, body: bytes) -> None:
        """Keep the fast path's body; uvicorn keeps the others, and nobody keeps what is shed."""
        self._bare_bytes = 0
        if self._way is Way.BOUNDED_APP:
            super().on_body(body)
        elif self._way is Way.FAST:
            self._body.append(body)
            self._body_bytes += len(body)
            if self._body_bytes > BYTES_ON_THE_LOOP:
                self._leave_to_bounded_app()

    def on_message_complete(self) -> None:
        """Answer at once, or hand the request over whole."""
        if self._ignores_upgrade:
            return
        self._began = None
        self._in_body = False
        self._quiet_since = self.loop.time()
        if self._way is Way.PROBE:
            self._answer_probe()
        elif self._way is Way.FAST:
            self._answer_fast()
        elif self._way is Way.SHED and self._closes():
            self.transport.close()
        if self._way is Way.BOUNDED_APP:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Count the quiet time from here, and go on with what was kept behind the request."""
        self._quiet_since = self.loop.time()
        owes_more = bool(self.pipeline)
        super().on_response_complete()
        if self._last_answer is None:
            self._intake.go_on_soon()
        elif not owes_more and not self.transport.is_closing():
            self._close_after(self._last_answer)

    def _without_upgrade(self) -> bytes:
        """The head again, for a new parser: the old one has left HTTP/1.1 and would not read the body."""
        head = head_without_upgrade(self.parser, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._in_head = False
        return head

    def _is_inference(self) -> bool:
        return is_inference(unquote(self.url.partition(b"?")[0].decode("latin-1")))

    def _request(self, method: bytes, asks_probe: bool) -> Request:
        fast_paths = self._shared.fast_paths
        self._fast_path = fast_paths.get(self.url) or fast_paths.get(self.url.partition(b"?")[0])
        self._head = read_head(self.headers)
        is_post = method == b"POST"
        return Request(
            is_first=self._has_answered(),
            is_probe=asks_probe,
            is_post=is_post,
            is_for_fast_path=self._fast_path is not None and is_post and self._head.is_plain,
            scores_on_the_loop=self._fast_path is not None and not self._fast_path.slow,
            length=self._head.length,
            max_length=self._limits.body,
            is_late=self._intake.is_late,
            is_full=self._shared.in_flight.is_full,
        )

    def _answer_probe(self) -> None:
        found = self._shared.probes.answer(self.url)
        if found is None:
            self._leave_to_bounded_app()
        else:
            self._write(_heads.write(self.server_state.default_headers, *found, closes=self._closes()))

    def _answer_fast(self) -> None:
        assert self._fast_path is not None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        traceparent = self._head.traceparent
        began = time.time_ns() if tracing.is_wanted(traceparent) else None
        found = self._fast_path.answer(body, self._head.header_length, ROWS_ON_THE_LOOP)
        if found is None:
            return self._leave_to_bounded_app()
        defaults, closes = self.server_state.default_headers, self._closes()
        if found.header_length is None:
            answer = _heads.write(defaults, HTTPStatus.OK, found.body, closes=closes)
        else:
            answer = _heads.write_binary(defaults, found.body, found.header_length, closes=closes)
        if traceparent is not None:
            answer = echo(answer, traceparent)
        self._write(answer)
        self._fast_path.count(found)
        if began is not None:
            tracing.finish(traceparent, f"POST {self.url.decode('latin-1')}", "200", began)

    def _leave_to_bounded_app(self) -> None:
        self._way = Way.BOUNDED_APP
        self._start_cycle()
        for part in self._body:
            super().on_body(part)
        self._body = []

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

    def _write(self, answer: bytes) -> None:
        self.transport.write(answer)
        if self._closes():
            self.transport.close()

    def _close_after(self, answer: _LastAnswer | None) -> None:
        if answer is not None and not self.transport.is_closing():
            self.transport.write(answer.text)
            answer.count()
        self.transport.close()

    def _closes(self) -> bool:
        """Whether the answer to the request that is being parsed is the last one."""
        keeps = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        return not keeps or self._stopping or self in self._overflow

    def _has_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_idle(self) -> bool:
        return self._has_answered() and not self._intake.holds

    def _end_in_time(self) -> None:
        """As long as the server stops: close what is idle, and end what is too slow, which nobody else does then."""
        if self.transport.is_closing():
            return
        if self._began is None and self._is_idle():
            self.transport.close()
        else:
            self.expire(self.loop.time())
            self.loop.call_later(_LINGER_SECONDS, self._end_in_time)
