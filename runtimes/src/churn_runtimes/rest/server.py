"""MLServer's REST server with our connections, and bounds around its app."""

import socket
from functools import partial
from typing import Any

import uvicorn
from mlserver.handlers import ModelRepositoryHandlers
from mlserver.rest import RESTServer
from mlserver.settings import Settings

from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.bounded_app import BoundedApp
from churn_runtimes.rest.mlserver_app import conform
from churn_runtimes.rest.protocol import V2Protocol
from churn_runtimes.unsignalled_server import UnsignalledServer

_DRAIN_SECONDS = 20
_TICKS_PER_SWEEP = 10


class _SweepingServer(UnsignalledServer):
    """Looks at its connections every second: one pass costs less than a timer for each request."""

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SWEEP == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, V2Protocol):
                    connection.expire(connection.loop.time())
        return await super().on_tick(counter)


class V2RestServer(RESTServer):  # type: ignore[misc]  # mlserver is untyped
    """Serves the bounded app instead of MLServer's bare one."""

    def __init__(
        self,
        settings: Settings,
        data_plane: V2DataPlane,
        repository: ModelRepositoryHandlers,
        limits: Limits,
        in_flight: InFlightLimit,
        listener: socket.socket,
    ) -> None:
        super().__init__(settings, data_plane, repository)
        conform(self._app, data_plane)
        self._limits = limits
        self._listener = listener
        self.bounded_app = BoundedApp(self._app, limits, in_flight)

    async def start(self) -> None:
        """Answer until `stop`."""
        self._server = _SweepingServer(self._config())
        await self._server.serve([self._listener])

    def _config(self) -> uvicorn.Config:
        protocol: Any = partial(V2Protocol, bounded_app=self.bounded_app, limits=self._limits)
        return uvicorn.Config(
            self.bounded_app,
            http=protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            server_header=False,
            log_level="warning",
            timeout_keep_alive=int(self._limits.keep_alive),
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
