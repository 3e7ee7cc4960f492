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
_LISTINGS = 3
"""How often a list is begun anew when its later pages have expired."""
_FORBIDDEN, _NOT_FOUND, _CONFLICT, _GONE = 403, 404, 409, 410
_CANNOT = re.compile(r'User "\S+" cannot \w+ resource')
_TRY_LATER = frozenset({408, 429, 500, 502, 503, 504})

_Items = list[Manifest]


class _Expired(Unreachable):
    """A continue token, or a resourceVersion, is older than what the server keeps."""


class ApiServer:
    """One connection pool to the API server. Every method raises a ClusterError."""

    def __init__(self, api_client: client.ApiClient) -> None:
        self.client = api_client
        self.before_write: Callable[[], float] | None = None
        """Asked before each write for how many seconds it may take; raises a ClusterError when it may not begin."""

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

    async def discover(self, kind: Kind) -> Manifest:
        """The kinds of this one's group and version. Raises NotFound where the server knows no such group."""
        return await self._request("GET", f"/apis/{kind.api_version}")

    async def list(self, kind: Kind, namespace: str = "", labels: str = "", fields: str = "") -> list[Manifest]:
        """All objects of a namespace that both selectors take, page by page."""
        query = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        for _ in range(_LISTINGS):
            try:
                return await self._list(kind, kind.path(namespace), query)
            except _Expired:
                # The pages that were read belong to a state that the server no longer has.
                continue
        raise Unreachable(f"{kind.path(namespace)}: the list expired {_LISTINGS} times before its last page")

    async def _list(self, kind: Kind, path: str, query: dict[str, str]) -> _Items:
        items: _Items = []
        page = query
        while True:
            answer = await self._request("GET", path, page)
            try:
                # Items of a list carry neither kind nor apiVersion.
                items += [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in answer["items"]]
                token = answer["metadata"].get("continue")
            except (KeyError, TypeError, AttributeError) as error:
                raise Unreachable(f"{path}: the answer is no list: {str(answer)[:300]}") from error
            if not token:
                return items
            page = query | {"continue": token}

    async def apply(self, kind: Kind, manifest: Manifest, manager: str = FIELD_MANAGER) -> Manifest:
        """Server-side apply; our fields are ours, whoever changed them."""
        return await self._apply(_path(kind, manifest), manifest, manager)

    async def apply_status(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Server-side apply of the status alone."""
        return await self._apply(f"{_path(kind, manifest)}/status", manifest, FIELD_MANAGER)

    async def merge(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Add fields to an object that is still of the manifest's resourceVersion. Raises Conflict when it is not."""
        query = {"fieldManager": FIELD_MANAGER}
        return await self._request("PATCH", _path(kind, manifest), query, manifest, "application/merge-patch+json")

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
            await self.client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            response = await self.client.call_api(method, url, headers, body, _request_timeout=self._seconds(method))
            content = await response.read()
        except ApiException as error:
            raise _error(error.status or 0, str(error.body or error.reason), path) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        if response.status >= 400:
            raise _error(response.status, content.decode(errors="replace"), path)
        try:
            answer: Manifest = json.loads(content)
        except ValueError as error:
            raise Unreachable(f"{method} {path}: the answer is no JSON: {content[:300]!r}") from error
        return answer

    def _seconds(self, method: str) -> float:
        if method == "GET" or self.before_write is None:
            return _TIMEOUT_SECONDS
        return min(_TIMEOUT_SECONDS, self.before_write())


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
    if status == _GONE:
        return _Expired(message)
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
