"""Two calls of Triton's under V2's service name, which the generated code of MLServer's .proto does not know."""

import grpc

from churn_runtimes.grpc.health import INFERENCE_SERVICE
from churn_runtimes.grpc.servicer import V2Servicer
from churn_runtimes.grpc.triton_extensions_pb2 import (
    ModelConfigRequest,
    ModelConfigResponse,
    ModelStatisticsRequest,
    ModelStatisticsResponse,
)


def add_triton_calls(servicer: V2Servicer, server: grpc.Server) -> None:
    """Beside V2's own calls; grpcio asks one handler after the other."""
    calls = {
        "ModelConfig": (servicer.ModelConfig, ModelConfigRequest, ModelConfigResponse),
        "ModelStatistics": (servicer.ModelStatistics, ModelStatisticsRequest, ModelStatisticsResponse),
    }
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(call, request.FromString, response.SerializeToString)
        for name, (call, request, response) in calls.items()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(INFERENCE_SERVICE, handlers)])
