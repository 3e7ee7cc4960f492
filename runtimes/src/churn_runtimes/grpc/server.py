"""MLServer's gRPC server with our servicer, without the interceptors that measure what it measures itself."""

import asyncio

import grpc
from mlserver.grpc import GRPCServer
from mlserver.grpc.dataplane_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from mlserver.handlers import ModelRepositoryHandlers
from mlserver.settings import Settings

from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.gate import Gate
from churn_runtimes.grpc.servicer import V2Servicer
from churn_runtimes.limits import Limits

_LINGER_SECONDS = 1.0
"""How long a stopping server still takes calls: those that were on their way would else be cancelled unread."""


class V2GrpcServer(GRPCServer):  # type: ignore[misc]  # mlserver is untyped
    """Serves `V2Servicer`; models cannot be loaded or unloaded by it."""

    def __init__(
        self,
        settings: Settings,
        data_plane: V2DataPlane,
        repository: ModelRepositoryHandlers,
        limits: Limits,
        gate: Gate,
    ) -> None:
        super().__init__(settings, data_plane, repository)
        self.servicer = V2Servicer(data_plane, gate, limits.deadline)
        self._largest = limits.grpc_message

    async def stop(self, sig: int | None = None) -> None:
        """Answer what is under way and what has been sent already, then close."""
        await asyncio.sleep(_LINGER_SECONDS)
        await super().stop(sig)

    def _create_server(self) -> grpc.aio.Server:
        options = [("grpc.max_receive_message_length", self._largest), ("grpc.so_reuseport", 0)]
        self._server = grpc.aio.server(options=options)
        add_GRPCInferenceServiceServicer_to_server(self.servicer, self._server)
        self._server.add_insecure_port(f"{self._settings.host}:{self._settings.grpc_port}")
        return self._server
