"""What the kubelet and load balancers ask, answered at the connection: MLServer's app takes several turns for it.

The answers are those of the app (`mlserver_app`), which gives them for other spellings and for unknown models.
"""

from http import HTTPStatus
from typing import NamedTuple

import orjson

from churn_runtimes.data_plane import V2DataPlane


class ProbeAnswer(NamedTuple):
    """Status and JSON."""

    status: HTTPStatus
    body: bytes


class Probes:
    """Of one server."""

    def __init__(self, data_plane: V2DataPlane) -> None:
        self._data_plane = data_plane

    def answer(self, url: bytes) -> ProbeAnswer | None:
        """The answer to GET of this, or None when the app has to look at it."""
        if url == b"/v2/health/ready":
            return _ready({"ready": self._data_plane.is_ready}, self._data_plane.is_ready)
        if url == b"/v2/health/live":
            return ProbeAnswer(HTTPStatus.OK, b'{"live":true}')
        parts = url.split(b"/")
        if len(parts) != 5 or parts[:3] != [b"", b"v2", b"models"] or parts[4] != b"ready":
            return None
        name = parts[3].decode("latin-1")
        is_ready = self._data_plane.is_model_ready(name)
        return None if is_ready is None else _ready({"name": name, "ready": is_ready}, is_ready)


def is_probe(method: bytes, url: bytes) -> bool:
    """Whether this may be asked beyond the connection limit, and before requests that wait for their turn."""
    return method == b"GET" and (url.startswith(b"/v2/health/") or url.endswith(b"/ready"))


def begins_with_probe(data: bytes) -> bool:
    """The same of the bytes of a request."""
    return data.startswith(b"GET ") and is_probe(b"GET", data[4 : data.find(b" ", 4)])


def _ready(body: dict[str, str | bool], is_ready: bool) -> ProbeAnswer:
    return ProbeAnswer(HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE, orjson.dumps(body))
