"""MLServer's REST server with our connections, and bounds around its app."""

import asyncio
import socket
from functools import partial
from typing import Any, cast

import uvicorn
from mlserver.handlers import ModelRepositoryHandlers
from mlserver.rest import RESTServer
from mlserver.settings import Settings

from churn_runtimes.answer_counts import ModelName
from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.acceptor import Acceptor
from churn_runtimes.rest.bounded_app import BoundedApp
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.mlserver_app import conform
from churn_runtimes.rest.probes import Probes
from churn_runtimes.rest.protocol import V2Protocol
from churn_runtimes.rest.turn import Turn
from churn_runtimes.unsignalled_server import UnsignalledServer

_DRAIN_SECONDS = 20
_TICKS_PER_SWEEP = 10


class FairServer(UnsignalledServer):
    """Accepts connections in a loop, and looks at them every second: cheaper than a timer for each request."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open no server of uvicorn's; its listeners would take one connection a turn."""
        await super().startup(sockets=[])
        loop = asyncio.get_running_loop()
        make: Any = partial(
            cast(Any, self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=loop,
        )
        self._acceptors = [Acceptor(listener, make) for listener in sockets or []]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, then as uvicorn does."""
        for acceptor in self._acceptors:
            acceptor.close()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Sweep."""
        if counter % _TICKS_PER_SWEEP == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, V2Protocol):
                    connection.expire(connection.loop.time())
        return await super().on_tick(counter)


class V2RestServer(RESTServer):  # type: ignore[misc]  # mlserver is untyped
    """Serves the bounded app instead of MLServer's bare one. To be made on the running loop."""

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
        self.fast_paths: dict[bytes, FastPath] = {}
        self.bounded_app = BoundedApp(self._app, limits, in_flight, self.fast_paths)
        turn = Turn(asyncio.get_running_loop())
        self._shared = Connections(limits, in_flight, Probes(data_plane), turn, self.fast_paths)

    def open_fast_path(self, model: ModelName, fast_path: FastPath, *, is_pinned: bool) -> None:
        """Answer this ensemble's common requests from now on; pinned: those that name its version."""
        if not is_pinned:
            self.fast_paths[f"/v2/models/{model.name}/infer".encode()] = fast_path
        elif model.version:
            self.fast_paths[f"/v2/models/{model.name}/versions/{model.version}/infer".encode()] = fast_path

    async def start(self) -> None:
        """Answer until `stop`."""
        self._server = FairServer(self._config())
        await self._server.serve([self._listener])

    def _config(self) -> uvicorn.Config:
        protocol: Any = partial(V2Protocol, shared=self._shared)
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
