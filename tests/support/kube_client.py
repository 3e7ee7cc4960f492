"""The Kubernetes API as the tests speak it: plain REST by httpx, independent of the operator's client."""

import json
import ssl
from pathlib import Path
from typing import Any

import httpx

Object = dict[str, Any]
"""One Kubernetes object, or a part of one."""

_TIMEOUT_SECONDS = 30
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"


class Refused(Exception):
    """The API server's answer was not 2xx."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class KubeClient:
    """One user at one API server. Every method raises Refused."""

    def __init__(self, url: str, token: str, authority: Path) -> None:
        self.url = url
        self.token = token
        self.authority = authority
        self._client = httpx.Client(
            base_url=url,
            headers=self.headers,
            verify=ssl.create_default_context(cafile=str(authority)),
            timeout=_TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=8),
        )

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self.token}"}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, **query: str) -> Object:
        """One object, or a whole list with its metadata."""
        return self._send("GET", path, params=query)

    def find(self, path: str) -> Object | None:
        """One object, or None where there is none."""
        try:
            return self.get(path)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: str) -> list[Object]:
        """The objects of a collection."""
        items: list[Object] = self.get(path, **query).get("items") or []
        return items

    def create(self, collection: str, body: Object, **query: str) -> Object:
        """A new object."""
        return self._send("POST", collection, json=body, params=query)

    def apply(self, path: str, body: Object, manager: str = "test") -> Object:
        """Server-side apply, by force."""
        query = {"fieldManager": manager, "force": "true"}
        return self._send("PATCH", path, json=body, params=query, headers={"Content-Type": _APPLY_PATCH})

    def merge(self, path: str, changes: Object, manager: str = "test") -> Object:
        """A merge patch: null takes a field away."""
        query, headers = {"fieldManager": manager}, {"Content-Type": _MERGE_PATCH}
        return self._send("PATCH", path, json=changes, params=query, headers=headers)

    def watched(self, collection: str, since: str, **query: str) -> list[Object]:
        """The watch events of a collection since a resourceVersion, oldest first."""
        query |= {"watch": "true", "resourceVersion": since, "timeoutSeconds": "1"}
        return [json.loads(line) for line in self._client.get(collection, params=query).text.splitlines()]

    def delete(self, path: str) -> None:
        """Delete at once: no grace, dependents left to whoever collects them (nobody, without a controller-manager)."""
        self._send("DELETE", path, json={"gracePeriodSeconds": 0, "propagationPolicy": "Background"})

    def _send(self, method: str, path: str, **options: Any) -> Object:
        response = self._client.request(method, path, **options)
        answer: Object = _decoded(response)
        if response.status_code >= 300:
            raise Refused(response.status_code, str(answer.get("message", response.text)))
        return answer


def _decoded(response: httpx.Response) -> Object:
    if "json" not in response.headers.get("content-type", ""):
        return {"message": response.text}
    decoded: Object = response.json()
    return decoded
