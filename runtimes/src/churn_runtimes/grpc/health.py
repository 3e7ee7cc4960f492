"""grpc.health.v1 by readiness: what Kubernetes' `grpc:` probes, load balancers and grpc_health_probe ask.

The server adds it beside V2's own service; grpcio's threads call it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from grpc_health.v1.health import OVERALL_HEALTH, HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from churn_runtimes.data_plane import V2DataPlane

INFERENCE_SERVICE = "inference.GRPCInferenceService"

_SERVICES = (OVERALL_HEALTH, INFERENCE_SERVICE)

_PAUSE_SECONDS = 0.5
"""Between two looks at readiness on behalf of those that watch it."""

_Send = Callable[[HealthCheckResponse | None], None]


class ReadinessHealth(HealthServicer):  # type: ignore[misc]  # grpc_health is untyped
    """SERVING while the server is ready. A `Check` looks for itself; `Watch` is told by `follow`."""

    def __init__(self, data_plane: V2DataPlane, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._data_plane = data_plane
        self._loop = loop
        self._watching: set[_Send] = set()
        self._tell(False)

    async def follow(self) -> None:
        """Tell the watchers of every change, until it is cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def refresh(self) -> None:
        """Take over the readiness of this moment."""
        is_ready = await self._data_plane.ready()
        if is_ready is not self._is_ready:
            self._tell(is_ready)

    def Check(self, request: HealthCheckRequest, context: Any) -> HealthCheckResponse:
        """The health of the server or of V2's service; any other is NOT_FOUND."""
        asyncio.run_coroutine_threadsafe(self.refresh(), self._loop).result()
        return super().Check(request, context)

    def Watch(self, request: HealthCheckRequest, context: Any, send: _Send | None = None) -> None:
        """The same now and at every change; any other is SERVICE_UNKNOWN. No thread waits meanwhile."""
        assert send is not None, "grpcio gives it to whoever does not block"
        self._watching.add(send)
        context.add_callback(lambda: self._watching.discard(send))
        if request.service in _SERVICES:
            super().Watch(request, context, send)
        else:
            # grpc_health would keep the name for ever, and a name may be megabytes.
            send(HealthCheckResponse(status=HealthCheckResponse.SERVICE_UNKNOWN))

    def end_watches(self) -> None:
        """End every stream, so that none keeps a stopping server waiting."""
        for send in list(self._watching):
            send(None)

    def _tell(self, is_ready: bool) -> None:
        self._is_ready = is_ready
        status = HealthCheckResponse.SERVING if is_ready else HealthCheckResponse.NOT_SERVING
        for service in _SERVICES:
            self.set(service, status)
