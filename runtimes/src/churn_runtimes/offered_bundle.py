"""The server's own bundle, offered on its metrics port to pods that start while MLflow does not answer.

A bundle is named by its digest and checked by who fetches it, so any pod that has it will do (`peers`). Only files
that the manifest lists are given, looked up by their whole path.
"""

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import MANIFEST
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from churn_runtimes.transfers import Transfers

BUNDLE_PATH = "/bundle/{digest}/{path:path}"


class OfferedBundle:
    """An ASGI app for BUNDLE_PATH."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._paths = {MANIFEST, *(file.path for file in bundle.manifest.files)}
        self._transfers = Transfers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one file of the bundle, 404 for anything else."""
        await self._transfers.give(self._file(scope["path_params"]), scope, receive, send)

    def _file(self, asked: dict[str, str]) -> FileResponse | None:
        if asked["digest"] != self._bundle.digest or asked["path"] not in self._paths:
            return None
        return FileResponse(self._bundle.folder / asked["path"], media_type="application/octet-stream")
