"""The server's own bundle, offered on its metrics port to pods that start while MLflow does not answer.

A bundle is named by its digest and checked by who fetches it, so any pod that has it will do (`peers`). Only files
that the manifest lists are given, looked up by their whole path. Few transfers run at once and each has a deadline:
the loop that sends them also answers requests.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import MANIFEST
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

BUNDLE_PATH = "/bundle/{digest}/{path:path}"

_TRANSFERS = 4
_SECONDS = 60


class OfferedBundle:
    """An ASGI app for BUNDLE_PATH."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._paths = {MANIFEST, *(file.path for file in bundle.manifest.files)}
        self._transfers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one file of the bundle, 404 for anything else, 503 while enough transfers are under way."""
        asked = scope["path_params"]
        if scope["method"] != "GET":
            await _refusal(405, "only GET")(scope, receive, send)
        elif asked["digest"] != self._bundle.digest or asked["path"] not in self._paths:
            await _refusal(404, "not a file of the bundle that is served here")(scope, receive, send)
        elif self._transfers >= _TRANSFERS:
            await _refusal(503, "enough transfers are under way", {"retry-after": "1"})(scope, receive, send)
        else:
            await self._send(asked["path"], scope, receive, send)

    async def _send(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        # Whole files alone: parts would be read at one's leisure.
        whole = [(name, value) for name, value in scope["headers"] if name != b"range"]
        response = FileResponse(self._bundle.folder / path, media_type="application/octet-stream")
        with self._one_more_transfer(), suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                await response({**scope, "headers": whole}, receive, send)

    @contextmanager
    def _one_more_transfer(self) -> Iterator[None]:
        self._transfers += 1
        try:
            yield
        finally:
            self._transfers -= 1


def _refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status_code=status, headers=Headers(headers or {}))
