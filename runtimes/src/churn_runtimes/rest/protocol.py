"""What is asked on one client connection: who answers it, and the answers that the connection gives by itself.

A small, common request to a ready ensemble is answered right here, between two reads of the socket, and a probe too:
uvicorn's task, scope and event objects for each request cost more than the answer does. `way_of` chooses; every other
request takes uvicorn's way to the bounded app, and so does one that the fast path does not know, with its body.
"""

import time
from http import HTTPStatus
from typing import Any

import httptools

from churn_runtimes import metrics, tracing
from churn_runtimes.limits import ROWS_ON_THE_LOOP
from churn_runtimes.rest.bounded_connection import BoundedConnection
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.heads import Head, head_without_upgrade, read_head
from churn_runtimes.rest.probes import begins_with_probe, is_probe
from churn_runtimes.rest.way import BYTES_ON_THE_LOOP, Request, Way, way_of
from churn_runtimes.rest.written_answers import BUSY, BUSY_CLOSES, HEAD_TOO_LARGE, Heads, echo

_BARE_BYTES = 65_536
"""What may come in pieces that hold no byte of a body: a head, trailers, or what extends a chunk's size."""
_VERSIONS = ("1.1", "1.0")

_PROBE, _FAST, _SHED, _BOUNDED_APP = Way
"""Python 3.11 looks for an enumeration's member by a call, which each request would make ten times."""
_OK = HTTPStatus.OK

_heads = Heads()


class V2Protocol(BoundedConnection):
    """Made for each connection."""

    def __init__(self, *arguments: Any, shared: Connections, **options: Any) -> None:
        super().__init__(*arguments, shared=shared, **options)
        self._shared = shared
        self._fast_path: FastPath | None = None
        self._head = Head(is_plain=False, length=0, header_length=None)
        self._ignores_upgrade = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._bare_bytes = 0

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
        if self._way is _BOUNDED_APP:
            self._start_cycle()
        elif self._way is _SHED:
            metrics.refused_request(BUSY.status, is_inference=self._is_inference())
            self.transport.write((BUSY_CLOSES if self._closes() else BUSY).text)

    def on_body(self, body: bytes) -> None:
        """Keep the fast path's body; uvicorn keeps the others, and nobody keeps what is shed."""
        self._bare_bytes = 0
        if self._way is _BOUNDED_APP:
            super().on_body(body)
        elif self._way is _FAST:
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
        if self._way is _FAST:
            self._answer_fast()
        elif self._way is _PROBE:
            self._answer_probe()
        elif self._way is _SHED and self._closes():
            self.transport.close()
        if self._way is _BOUNDED_APP:
            super().on_message_complete()

    def _without_upgrade(self) -> bytes:
        """The head again, for a new parser: the old one has left HTTP/1.1 and would not read the body."""
        head = head_without_upgrade(self.parser, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._in_head = False
        return head

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
            closes = self._closes()
            self._write(_heads.write(self.server_state.default_headers, *found, closes=closes), closes)

    def _answer_fast(self) -> None:
        assert self._fast_path is not None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        traceparent = self._head.traceparent
        began = time.time_ns() if tracing.is_wanted(traceparent) else None
        found = self._fast_path.answer(body, self._head.header_length, ROWS_ON_THE_LOOP, self.headers)
        if found is None:
            return self._leave_to_bounded_app()
        defaults, closes = self.server_state.default_headers, self._closes()
        if found.header_length is None:
            answer = _heads.write(defaults, _OK, found.body, closes=closes)
        else:
            answer = _heads.write_binary(defaults, found.body, found.header_length, closes=closes)
        if traceparent is not None:
            answer = echo(answer, traceparent)
        self._write(answer, closes)
        found.was_given()
        if began is not None:
            tracing.finish(traceparent, f"POST {self.url.decode('latin-1')}", "200", began)

    def _leave_to_bounded_app(self) -> None:
        self._way = _BOUNDED_APP
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

    def _write(self, answer: bytes, closes: bool) -> None:
        self.transport.write(answer)
        if closes:
            self.transport.close()
