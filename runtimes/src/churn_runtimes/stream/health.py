"""Whether the loop turns and reads, metrics and state, over HTTP: what kubelet, Prometheus and operator ask for."""

import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from churn_models.traffic import State
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from churn_runtimes.stream.life import Life

_REQUEST_SECONDS = 5


def serve_health(listener: socket.socket, life: Life, state: Callable[[], State]) -> None:
    """Answer `/metrics`, `/live`, `/ready` and `/state` from now on, in threads that end with the process."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path == "/live":
                self._tell(life.is_alive)
            elif self.path == "/ready":
                self._tell(life.is_ready, life.waits_for)
            elif self.path == "/state":
                self._answer(HTTPStatus.OK, "application/json", state().model_dump_json().encode())
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics, /live, /ready and /state")

        def log_message(self, format: str, *args: object) -> None:
            """Not for each probe."""

        def _tell(self, holds: bool, why: str | None = None) -> None:
            status = HTTPStatus.OK if holds else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "text/plain", (why or status.phrase).encode())

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(listener.getsockname()[:2], Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="health", daemon=True).start()
