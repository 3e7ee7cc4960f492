"""A reverse proxy before MLflow that wants a login on every path, below a path prefix and over TLS if told to.

Start with `with LoginProxy(target, wanted) as proxy`; `proxy.url` is what a client is given.
"""

import datetime
import http.client
import ipaddress
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.http_thread import HttpThread

_HOP_BY_HOP = frozenset({"transfer-encoding", "connection", "content-length", "authorization", "host"})


class LoginProxy(HttpThread):
    """Passes on what carries the wanted Authorization header, and answers 401 to the rest."""

    def __init__(self, target: str, wanted: str, prefix: str = "", certificate: Path | None = None) -> None:
        self.refused = 0
        super().__init__(_handler(self, target, wanted, prefix))
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}{prefix}"


def make_certificate(path: Path) -> Path:
    """One of 127.0.0.1 that nobody vouches for, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def _handler(proxy: LoginProxy, target: str, wanted: str, prefix: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One connection of a client."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Any method."""
            body = self._body()
            if self.headers.get("authorization") != wanted or not self.path.startswith(prefix):
                proxy.refused += 1
                self._reply(401, [("content-type", "text/html")], b"<html>401 Authorization Required</html>")
                return
            connection = http.client.HTTPConnection(urlsplit(target).netloc, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(self.command, self.path.removeprefix(prefix), body, headers)
            answer = connection.getresponse()
            self._reply(answer.status, answer.getheaders(), answer.read())
            connection.close()

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("transfer-encoding", ""):
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
