"""A real HTTP server that answers as a test says: what stands for MLflow, or for another pod, good or hostile."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.http_thread import HttpThread


@dataclass(frozen=True)
class Answer:
    """One response. A body in parts is sent without its length, until it ends or the client leaves."""

    status: int = 200
    body: bytes | Callable[[], Iterable[bytes]] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Callable[[str], Answer]
"""The response to a GET of this path with its query."""


@contextmanager
def http_answers(answers: Answers, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Its address while the block lasts; at a free port where none is named."""
    with HttpThread(_handler(answers), host, port) as server:
        yield f"http://{host}:{server.port}"


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers from `answers`."""

        def do_GET(self) -> None:
            """A read; the client may leave in the middle of it."""
            answer = answers(self.path)
            with suppress(OSError):
                self._send(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            headers = dict(answer.headers)
            if isinstance(answer.body, bytes):
                headers.setdefault("content-length", str(len(answer.body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in [answer.body] if isinstance(answer.body, bytes) else answer.body():
                self.wfile.write(part)

    return Handler
