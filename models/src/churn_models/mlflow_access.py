"""How to get into an MLflow server: the address, the credentials and the certificates that its own client would use.

The registry's client asks with them, and `publish` hands them to MLflow's client, so that one set of variables works
in training, serving and the operator. Only `address` may be printed.
"""

import configparser
import os
import ssl
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from churn_models.errors import RegistryUnreachable

_CREDENTIALS_FILE = "~/.mlflow/credentials"
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True)
class Credentials:
    """Who asks: by name and password, else by a token, else nobody in particular."""

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def auth(self) -> httpx.Auth | None:
        """As httpx wants them."""
        if self.username and self.password:
            return httpx.BasicAuth(self.username, self.password)
        return _Bearer(self.token) if self.token else None


@dataclass(frozen=True)
class MlflowAccess:
    """One server, and how to ask it."""

    address: str
    """http(s)://host[:port][/prefix], without credentials."""
    credentials: Credentials
    insecure_tls: bool = False
    server_certificates: str | None = None
    client_certificate: str | None = None
    workspace: str | None = None

    @classmethod
    def find(cls, tracking_uri: str, environment: Mapping[str, str], given: Credentials | None = None) -> Self:
        """By the address and MLflow's own variables; `given` credentials come before those of both.

        Raises RegistryUnreachable when the address is none of an MLflow server.
        """
        parts = _parse(tracking_uri)
        return cls(
            parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/"),
            given or _in_address(parts) or _in_environment(environment),
            environment.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in _TRUE,
            environment.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or environment.get("REQUESTS_CA_BUNDLE") or None,
            environment.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
            environment.get("MLFLOW_WORKSPACE") or None,
        )

    @property
    def scheme(self) -> str:
        """http or https."""
        return urlsplit(self.address).scheme

    @property
    def host(self) -> str | None:
        """The host's name."""
        return urlsplit(self.address).hostname

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request carries beside the credentials."""
        return {"X-MLFLOW-WORKSPACE": self.workspace} if self.workspace else {}

    @property
    def tls(self) -> ssl.SSLContext:
        """Whom to trust. Raises RegistryUnreachable when a named certificate cannot be read."""
        return _context(self.insecure_tls, self.server_certificates, self.client_certificate)

    @property
    def variables(self) -> Mapping[str, str]:
        """What MLflow's own client needs in its environment to ask with the same credentials."""
        named = {
            "MLFLOW_TRACKING_USERNAME": self.credentials.username,
            "MLFLOW_TRACKING_PASSWORD": self.credentials.password,
            "MLFLOW_TRACKING_TOKEN": self.credentials.token,
        }
        return {name: value for name, value in named.items() if value}


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def _parse(tracking_uri: str) -> SplitResult:
    try:
        parts = urlsplit(tracking_uri)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.query or parts.fragment or "@" in parts.path:
        # The address itself is not shown: a part of it may be a password.
        raise RegistryUnreachable(
            "MLFLOW_TRACKING_URI (or --tracking-uri) must be the http(s) address of an MLflow server. Characters such "
            "as / # ? @ of a password in it must be percent-encoded; MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD take them as they are"
        )
    return parts


def _in_address(parts: SplitResult) -> Credentials | None:
    if not (parts.username and parts.password):
        return None
    return Credentials(unquote(parts.username), unquote(parts.password))


def _in_environment(environment: Mapping[str, str]) -> Credentials:
    kept = _in_file(os.path.expanduser(_CREDENTIALS_FILE))
    return Credentials(
        environment.get("MLFLOW_TRACKING_USERNAME") or kept.username,
        environment.get("MLFLOW_TRACKING_PASSWORD") or kept.password,
        environment.get("MLFLOW_TRACKING_TOKEN") or None,
    )


def _in_file(path: str) -> Credentials:
    parser = configparser.ConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        names = ("mlflow_tracking_username", "mlflow_tracking_password")
        return Credentials(*(parser.get("mlflow", name, fallback=None) for name in names))
    except (OSError, ValueError, configparser.Error):
        # The parser's words would quote the line, and so the password.
        raise RegistryUnreachable(f"{path} cannot be read as MLflow's file of credentials") from None


@cache
def _context(insecure: bool, server_certificates: str | None, client_certificate: str | None) -> ssl.SSLContext:
    """Read once: it takes longer than to ask MLflow, and the operator asks all the time."""
    try:
        if insecure:
            context = httpx.create_ssl_context(verify=False)
        elif server_certificates is None:
            context = httpx.create_ssl_context()
        else:
            context = ssl.create_default_context()
            folder = os.path.isdir(server_certificates)
            context.load_verify_locations(**{"capath" if folder else "cafile": server_certificates})
        if client_certificate is not None:
            context.load_cert_chain(client_certificate)
    except OSError as error:
        named = client_certificate if server_certificates is None else server_certificates
        raise RegistryUnreachable(f"the certificate {named} cannot be read: {error}") from error
    return context
