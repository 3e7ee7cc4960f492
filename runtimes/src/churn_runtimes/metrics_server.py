"""MLServer's metrics server on a port that is open already, so that one that is taken is an error at once."""

import socket

from mlserver.metrics import MetricsServer
from mlserver.settings import Settings

from churn_runtimes.unsignalled_server import UnsignalledServer


class V2MetricsServer(MetricsServer):  # type: ignore[misc]  # mlserver is untyped
    """Prometheus' endpoint at /metrics."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        super().__init__(settings)
        self._listener = listener

    async def start(self) -> None:
        """Answer until `stop`."""
        self._server = UnsignalledServer(self._get_config())
        await self._server.serve([self._listener])
