"""A real etcd and kube-apiserver of the tests' own: RBAC and default admission, no kubelet, no controllers.

Nothing collects garbage, creates pods or fills default ServiceAccounts here; what a test needs of that, it
does itself or has `fake_kubelet` do.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import yaml
from support.free_port import free_port
from support.kube_client import KubeClient, Object, Refused
from support.probe import succeeds
from support.processes import Process

_READY_SECONDS = 90
_BUILD_TOOLS = Path(__file__).parents[1] / "kind-node" / "build-tools.sh"
_PROGRAMS = ("etcd", "kube-apiserver")


class ProgramsMissing(Exception):
    """Neither the programs nor what builds them is on this machine."""


class ApiServer:
    """Start with `with ApiServer(folder) as server`; `admin` may do everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = programs()
        self.url = f"https://127.0.0.1:{free_port()}"
        self.authority = folder / "certificates" / "apiserver.crt"
        self._admin_token = secrets.token_hex(16)

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        etcd_url = f"http://127.0.0.1:{free_port()}"
        self._etcd = Process(self._etcd_command(etcd_url), self._folder / "etcd.log", os.environ)
        try:
            self._etcd.wait_until(lambda: succeeds(f"{etcd_url}/health"), _READY_SECONDS)
            self._start_server(etcd_url)
        except BaseException:
            self._etcd.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.admin.close()
        self._server.stop()
        self._etcd.stop()

    def kubeconfig(self, path: Path, token: str | None = None, url: str | None = None) -> Path:
        """Write a kubeconfig: the administrator's, or that of a token; with `url`, through a proxy."""
        cluster: Object = {"server": url or self.url}
        if cluster["server"].startswith("https:"):
            cluster["certificate-authority"] = str(self.authority)
        entry = {"context": {"cluster": "test", "user": "test"}, "name": "test"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": token or self._admin_token}}],
            "contexts": [entry],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        path.chmod(0o600)
        return path

    def service_account_token(self, namespace: str, name: str) -> str:
        """A token of a ServiceAccount that exists, as a pod of it would get one."""
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", request)
        token: str = answer["status"]["token"]
        return token

    def client(self, token: str) -> KubeClient:
        """A client of whoever has this token."""
        return KubeClient(self.url, token, self.authority)

    def _start_server(self, etcd_url: str) -> None:
        self._server = Process(self._server_command(etcd_url), self._folder / "apiserver.log", os.environ)
        try:
            # The server makes its own certificate before it listens.
            self._server.wait_until(self.authority.exists, _READY_SECONDS)
            self.admin = KubeClient(self.url, self._admin_token, self.authority)
            self._server.wait_until(self._ready, _READY_SECONDS)
        except BaseException:
            self._server.stop()
            raise

    def _ready(self) -> bool:
        try:
            self.admin.get("/readyz")
            self.admin.get("/api/v1/namespaces/default")
        except (httpx.TransportError, Refused):
            return False
        return True

    def _etcd_command(self, client_url: str) -> list[str]:
        peer_url = f"http://127.0.0.1:{free_port()}"
        options = {
            "data-dir": str(self._folder / "etcd"),
            "listen-client-urls": client_url,
            "advertise-client-urls": client_url,
            "listen-peer-urls": peer_url,
            "initial-advertise-peer-urls": peer_url,
            "initial-cluster": f"default={peer_url}",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }
        return [str(self._programs / "etcd"), *_flags(options)]

    def _server_command(self, etcd_url: str) -> list[str]:
        key = self._folder / "service-accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        tokens = self._folder / "tokens.csv"
        tokens.write_text(f'{self._admin_token},admin,admin,"system:masters"\n', encoding="utf-8")
        options = {
            "etcd-servers": etcd_url,
            "bind-address": "127.0.0.1",
            "secure-port": self.url.rpartition(":")[2],
            "cert-dir": str(self.authority.parent),
            "token-auth-file": str(tokens),
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(key),
            "service-account-signing-key-file": str(key),
            "service-cluster-ip-range": "10.0.0.0/16",
            # Nobody reaches this server but by 127.0.0.1, which may not be published as an endpoint.
            "endpoint-reconciler-type": "none",
        }
        return [str(self._programs / "kube-apiserver"), *_flags(options)]


def programs() -> Path:
    """The folder with etcd and kube-apiserver, built first where that is missing. Raises ProgramsMissing."""
    asked = subprocess.run([str(_BUILD_TOOLS), "--path"], check=True, capture_output=True, text=True)
    folder = Path(asked.stdout.strip())
    if all(os.access(folder / program, os.X_OK) for program in _PROGRAMS):
        return folder
    if not shutil.which("go"):
        raise ProgramsMissing("no Go here to build etcd and kube-apiserver with")
    subprocess.run([str(_BUILD_TOOLS), *_PROGRAMS], check=True)
    return folder


def _flags(options: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in options.items()]
