"""One HTTP/1.1 connection over which anything can be sent, byte by byte if need be, and every answer read.

httpx refuses to send what is wrong, and hides whether two requests shared a connection.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from types import TracebackType
from typing import Any, Self

_SECONDS = 15


@dataclass(frozen=True)
class Answer:
    """One answer, read to its end; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body. Raises ValueError when it is no JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> str | None:
        """The text of a well-formed error answer, `{"error": text}` as application/json, else None."""
        if self.headers.get("content-type") != "application/json":
            return None
        body = self.json()
        text = body.get("error") if isinstance(body, dict) and set(body) == {"error"} else None
        return text if isinstance(text, str) and text else None


class KeepAlive:
    """Connects when it has to; `connections` counts how often that was."""

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self.connections = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection; the next request makes another."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def ask(self, request: bytes, method: str = "POST") -> Answer:
        """Send a whole request and read its answer. Raises OSError or HTTPException when there is none."""
        self.send(request)
        return self.receive(method)

    def send(self, data: bytes) -> None:
        """Send bytes, a part of a request or all of it."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=self._seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
        self._socket.sendall(data)

    def receive(self, method: str = "POST") -> Answer:
        """Read one answer. Raises OSError or HTTPException when there is none."""
        if self._socket is None:
            raise HTTPException("nothing was sent")
        with HTTPResponse(self._socket, method=method) as response:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, headers, response.read())
        if response.will_close:
            self.close()
        return answer


def request(path: str, body: bytes = b"", method: str = "POST", headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a request; `headers` replace the usual ones, or add to them."""
    usual = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in {**usual, **(headers or {})}.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + body
