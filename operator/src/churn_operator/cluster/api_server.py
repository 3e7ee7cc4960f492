"""The one adapter to the API server: plain JSON in and out, our own errors, our field manager.

kubernetes.aio brings configuration, credentials and connections; its typed models are left out, because
manifests are plain data here and a model per object costs memory.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import Reason
from churn_operator.cluster.kinds import Kind
from churn_operator.errors import ClusterError, Conflict, Denied, Forbidden, NotFound, Unreachable
from churn_operator.names import FIELD_MANAGER
from churn_operator.observe.write_result import Denial

_TIMEOUT_SECONDS = 20
_PAGE = 500
_FORBIDDEN, _NOT_FOUND, _CONFLICT = 403, 404, 409
_CANNOT = re.compile(r'User "\S+" cannot \w+ resource')
_TRY_LATER = frozenset({408, 429, 500, 502, 503, 504})


class ApiServer:
    """One connection pool to the API server. Every method raises a ClusterError."""

    def __init__(self, api_client: client.ApiClient) -> None:
        self.client = api_client
        self.before_write: Callable[[], None] | None = None
        """Called before each write; it may end the process."""

    @classmethod
    async def connect(cls) -> "ApiServer":
        """From the pod's own credentials, else from KUBECONFIG."""
        try:
            config.load_incluster_config()
        except config.ConfigException:
            await config.load_kube_config()
        return cls(client.ApiClient())

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """One object. Raises NotFound."""
        return await self._request("GET", kind.path(namespace, name))

    async def list(self, kind: Kind, namespace: str, labels: str = "", fields: str = "") -> list[Manifest]:
        """All objects of a namespace that both selectors take, page by page."""
        items: list[Manifest] = []
        query = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        while True:
            answer = await self._request("GET", kind.path(namespace), query)
            # Items of a list carry neither kind nor apiVersion.
            items += [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in answer["items"]]
            if not (token := answer["metadata"].get("continue")):
                return items
            query["continue"] = token

    async def apply(self, kind: Kind, manifest: Manifest, manager: str = FIELD_MANAGER) -> Manifest:
        """Server-side apply; our fields are ours, whoever changed them."""
        return await self._apply(_path(kind, manifest), manifest, manager)

    async def apply_status(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Server-side apply of the status alone."""
        return await self._apply(f"{_path(kind, manifest)}/status", manifest, FIELD_MANAGER)

    async def create(self, kind: Kind, namespace: str, manifest: Manifest) -> Manifest:
        """A new object. Raises Conflict when it exists."""
        return await self._request("POST", kind.path(namespace), body=manifest)

    async def delete(self, kind: Kind, live: Manifest) -> None:
        """Delete exactly this object: not a new one of its name, nor one that changed meanwhile."""
        metadata = live["metadata"]
        preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        body = {"propagationPolicy": "Background", "preconditions": preconditions}
        await self._request("DELETE", _path(kind, live), body=body)

    async def _apply(self, path: str, manifest: Manifest, manager: str) -> Manifest:
        query = {"fieldManager": manager, "force": "true"}
        return await self._request("PATCH", path, query, manifest, "application/apply-patch+yaml")

    async def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Manifest:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        url = self.client.configuration.host + path + ("?" + urlencode(query) if query else "")
        try:
            if method != "GET" and self.before_write:
                self.before_write()
            await self.client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            response = await self.client.call_api(method, url, headers, body, _request_timeout=_TIMEOUT_SECONDS)
            content = await response.read()
        except ApiException as error:
            raise _error(error.status or 0, str(error.body or error.reason), path) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        if response.status >= 400:
            raise _error(response.status, content.decode(errors="replace"), path)
        answer: Manifest = json.loads(content)
        return answer


def denial_of(error: Denied) -> Denial:
    """As the status tells it, in the server's own words."""
    return Denial(Reason.FORBIDDEN if isinstance(error, Forbidden) else Reason.CHANGE_DENIED, str(error))


def _path(kind: Kind, manifest: Manifest) -> str:
    return kind.path(manifest["metadata"]["namespace"], manifest["metadata"]["name"])


def _error(status: int, body: str, path: str) -> ClusterError:
    message = f"{path}: {_message(body)}"
    if status == _NOT_FOUND:
        return NotFound(message)
    if status == _CONFLICT:
        return Conflict(message)
    if status in _TRY_LATER or status == 0:
        return Unreachable(message)
    # Quotas and admission answer 403, too; only the authorizer says what somebody cannot do.
    if status == _FORBIDDEN and _CANNOT.search(message):
        return Forbidden(message)
    return Denied(message)


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body[:300]
