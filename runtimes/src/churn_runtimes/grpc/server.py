"""V2's gRPC port: grpcio's own server in the place of MLServer's.

Its threads take a call from the wire to the fast path and back in two thirds of the time that grpc.aio needs.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_SERVICE
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha.reflection import SERVICE_NAME as REFLECTION_SERVICE
from grpc_reflection.v1alpha.reflection_pb2_grpc import add_ServerReflectionServicer_to_server
from mlserver.grpc import GRPCServer
from mlserver.grpc.dataplane_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from mlserver.handlers import ModelRepositoryHandlers
from mlserver.settings import Settings

from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.grpc.health import INFERENCE_SERVICE, ReadinessHealth
from churn_runtimes.grpc.reflection import BoundedReflection
from churn_runtimes.grpc.servicer import V2Servicer
from churn_runtimes.grpc.triton_calls import add_triton_calls
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.listener import PortUnavailable, with_port

_LINGER_SECONDS = 1.0
"""How long a stopping server still takes calls: those that were on their way would else be cancelled unread."""

_GRACE_SECONDS = 5.0
"""How long what is under way may take after that."""

_SPARE_THREADS = 16
"""Beside one for every request that the in-flight limit lets wait: for probes, refusals and the fast path."""

_OPTIONS = [
    ("grpc.so_reuseport", 0),
    # Clients keep idle connections alive by pings, ours every 5 s and others every 10 s. gRPC's own rule is a ping in
    # five minutes; it ends the connection of whoever sends more.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 500),
]

logger = logging.getLogger(__name__)


class V2GrpcServer(GRPCServer):  # type: ignore[misc]  # mlserver is untyped
    """Serves `V2Servicer`; models cannot be loaded or unloaded by it.

    To be made on the running loop. Raises PortUnavailable.
    """

    def __init__(
        self,
        settings: Settings,
        data_plane: V2DataPlane,
        repository: ModelRepositoryHandlers,
        limits: Limits,
        in_flight: InFlightLimit,
    ) -> None:
        super().__init__(settings, data_plane, repository)
        loop = asyncio.get_running_loop()
        self.servicer = V2Servicer(data_plane, in_flight, limits.deadline, loop)
        self._health = ReadinessHealth(data_plane, loop)
        self._stopped = asyncio.Event()
        self._threads = ThreadPoolExecutor(limits.in_flight + _SPARE_THREADS, "grpc")
        options = [*_OPTIONS, ("grpc.max_receive_message_length", limits.grpc_message)]
        self._server = grpc.server(self._threads, options=options)
        add_GRPCInferenceServiceServicer_to_server(self.servicer, self._server)
        add_triton_calls(self.servicer, self._server)
        add_HealthServicer_to_server(self._health, self._server)
        reflection = BoundedReflection([INFERENCE_SERVICE, HEALTH_SERVICE, REFLECTION_SERVICE])
        add_ServerReflectionServicer_to_server(reflection, self._server)
        self._address = with_port(settings.host, settings.grpc_port)
        try:
            self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise PortUnavailable(f"cannot listen on {self._address} (gRPC): {error}") from error

    async def start(self) -> None:
        """Serve until it is stopped."""
        self._server.start()
        logger.info("gRPC on %s", self._address)
        following = asyncio.create_task(self._health.follow())
        await self._stopped.wait()
        following.cancel()

    async def stop(self, sig: int | None = None) -> None:
        """Answer what is under way and what has been sent already, then close."""
        await self._health.refresh()
        await asyncio.sleep(_LINGER_SECONDS)
        self._health.end_watches()
        await asyncio.to_thread(self._server.stop(_GRACE_SECONDS).wait)
        self._threads.shutdown(wait=False)
        self._stopped.set()
