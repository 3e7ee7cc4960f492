"""Plays the operator to serving pods: says at /traffic what a test wants, or nothing at all.

It makes no question wait, as an operator of an older version.
"""

from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self

from churn_models.traffic import Traffic
from support.http_thread import HttpThread


class TrafficServer:
    """Between enter and exit of its `with`; a model without a word gets 503, as from a standby."""

    def __init__(self) -> None:
        self.word: Traffic | None = None
        self.files: dict[str, bytes] = {}
        """By path: what a verifier pod would offer."""
        self.asked: list[str] = []
        server = self

        class _Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                found = server.answer(self.path)
                self.send_response(503 if found is None else 200)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                self.wfile.write(found or b"")

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._thread = HttpThread(_Handler)

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.__exit__(kind, error, traceback)

    @property
    def url(self) -> str:
        """Where a server asks for the traffic of one model."""
        return f"{self.base}/traffic/churn/small"

    @property
    def base(self) -> str:
        """Of the server."""
        return f"http://127.0.0.1:{self._thread.port}"

    def answer(self, path: str) -> bytes | None:
        """The body of one answer; None for none."""
        if path.startswith("/traffic/"):
            return self.word.model_dump_json().encode() if self.word else None
        return self.files.get(path)
