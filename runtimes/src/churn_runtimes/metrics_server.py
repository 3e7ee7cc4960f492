"""MLServer's metrics server on a port that is open already, so that one that is taken is an error at once.

It also offers the bundle to other pods: what is not for users has one port.
"""

import socket

from mlserver.metrics import MetricsServer
from mlserver.settings import Settings
from starlette.applications import Starlette
from starlette.routing import Route

from churn_runtimes.offered_bundle import BUNDLE_PATH, OfferedBundle
from churn_runtimes.unsignalled_server import UnsignalledServer


class V2MetricsServer(MetricsServer):  # type: ignore[misc]  # mlserver is untyped
    """Prometheus' endpoint at /metrics, the files of the bundle, and nothing else: FastAPI would describe itself."""

    def __init__(self, settings: Settings, listener: socket.socket, offered: OfferedBundle) -> None:
        super().__init__(settings)
        self._app.add_route(BUNDLE_PATH, offered)
        self._listener = listener

    async def start(self) -> None:
        """Answer until `stop`."""
        self._server = UnsignalledServer(self._get_config())
        await self._server.serve([self._listener])

    def _get_app(self) -> Starlette:
        return Starlette(routes=[Route("/metrics", self._endpoint.handle_metrics)])
