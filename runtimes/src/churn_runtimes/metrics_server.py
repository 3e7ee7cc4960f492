"""MLServer's metrics server on a port that is open already, so that one that is taken is an error at once.

It also offers the bundle and packed tables to other pods, and tells the operator its state: what is not for users has
one port.
"""

import socket

from mlserver.metrics import MetricsServer
from mlserver.settings import Settings
from starlette.applications import Starlette
from starlette.routing import Route

from churn_runtimes.candidate.offers import STATE_PATH, TABLE_PATH, Offers
from churn_runtimes.offered_bundle import BUNDLE_PATH, OfferedBundle
from churn_runtimes.unsignalled_server import UnsignalledServer


class V2MetricsServer(MetricsServer):  # type: ignore[misc]  # mlserver is untyped
    """Prometheus' endpoint at /metrics, what pods and operator ask for, and nothing else: FastAPI describes itself."""

    def __init__(self, settings: Settings, listener: socket.socket, offered: OfferedBundle, offers: Offers) -> None:
        super().__init__(settings)
        self._app.add_route(BUNDLE_PATH, offered)
        self._app.add_route(TABLE_PATH, offers)
        self._app.add_route(STATE_PATH, offers.state)
        self._listener = listener

    async def start(self) -> None:
        """Answer until `stop`."""
        self._server = UnsignalledServer(self._get_config())
        await self._server.serve([self._listener])

    def _get_app(self) -> Starlette:
        return Starlette(routes=[Route("/metrics", self._endpoint.handle_metrics)])
