"""uvicorn's connection, bounded in number and in time, and ended in order: what a client is owed comes first.

The protocol is one; what is asked on it, and who answers, is decided there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from churn_runtimes import metrics
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.head_checks import is_inference
from churn_runtimes.rest.intake import Intake
from churn_runtimes.rest.way import Way
from churn_runtimes.rest.written_answers import NO_HTTP, TOO_MANY, TOO_SLOW, WrittenError

_LINGER_SECONDS = 1.0
"""How long a stopping server keeps a quiet connection, for a request that is already on its way."""


@dataclass(frozen=True)
class _LastAnswer:
    """What a connection ends with."""

    text: bytes
    count: Callable[[], None]
    """To be called when it leaves."""


class BoundedConnection(HttpToolsProtocol):
    """What `V2Protocol` builds on."""

    def __init__(self, *arguments: Any, shared: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = shared.limits
        self._overflow = shared.overflow
        self._intake = Intake(self, shared)
        self._way = Way.BOUNDED_APP
        """Of the request that is being parsed."""
        self._began: float | None = None
        """When its first byte came, until its last has, or the bounded app bounds its time."""
        self._in_head = self._in_body = False
        self._last_answer: _LastAnswer | None = None
        """Waits for the answers that are owed."""
        self._quiet_since = self.loop.time()
        self._stopping = False

    def parse(self, data: bytes) -> None:
        """Take these bytes as the next ones of the client: the protocol's part."""
        raise NotImplementedError

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

    def end_with(self, error: WrittenError) -> None:
        """Close with these words: behind the answers that are owed, and not after the request's own."""
        is_inference = self._in_body and self._is_inference()
        self._end(_LastAnswer(error.text, partial(metrics.refused_request, error.status, is_inference=is_inference)))

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

    def on_response_complete(self) -> None:
        """Count the quiet time from here, and go on with what was kept behind the request."""
        self._quiet_since = self.loop.time()
        owes_more = bool(self.pipeline)
        super().on_response_complete()
        if self._last_answer is None:
            self._intake.go_on_soon()
        elif not owes_more and not self.transport.is_closing():
            self._close_after(self._last_answer)

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

    def _close_after(self, answer: _LastAnswer | None) -> None:
        if answer is not None and not self.transport.is_closing():
            self.transport.write(answer.text)
            answer.count()
        self.transport.close()

    def _is_inference(self) -> bool:
        return is_inference(unquote(self.url.partition(b"?")[0].decode("latin-1")))

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
