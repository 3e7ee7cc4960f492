"""V2's gRPC service: requests to models of ours straight from the messages, to members through MLServer's types.

The answers and the errors are those of REST, by status code.
"""

import asyncio
import logging
from http import HTTPStatus
from time import perf_counter
from typing import Any, TypeAlias

import grpc
from mlserver import MLModel
from mlserver.errors import MLServerError
from mlserver.grpc import dataplane_pb2 as pb
from mlserver.grpc.converters import (
    ModelInferResponseConverter,
    ModelMetadataResponseConverter,
    ServerMetadataResponseConverter,
)
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceServicer

from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.gate import Gate
from churn_runtimes.grpc.lane import GrpcLane
from churn_runtimes.grpc.messages import read_tensors, write_answer
from churn_runtimes.metrics import InferMetrics
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.v2.errors import Unavailable

logger = logging.getLogger(__name__)

Context: TypeAlias = Any
"""grpc.aio.ServicerContext; grpcio ships no types."""

_CODES = {
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


class V2Servicer(GRPCInferenceServiceServicer):  # type: ignore[misc]  # mlserver is untyped
    """One per server. What no method here answers is UNIMPLEMENTED, the repository's calls among it."""

    def __init__(self, data_plane: V2DataPlane, gate: Gate, deadline: float) -> None:
        self._data_plane = data_plane
        self._gate = gate
        self._deadline = deadline
        self._metrics: dict[str, InferMetrics] = {}
        self.lanes: dict[str, GrpcLane] = {}
        """By model; a lane is opened when its ensemble is ready."""

    async def ServerLive(self, request: pb.ServerLiveRequest, context: Context) -> pb.ServerLiveResponse:
        """Whether the process answers."""
        return pb.ServerLiveResponse(live=await self._data_plane.live())

    async def ServerReady(self, request: pb.ServerReadyRequest, context: Context) -> pb.ServerReadyResponse:
        """Whether every model can answer."""
        return pb.ServerReadyResponse(ready=await self._data_plane.ready())

    async def ModelReady(self, request: pb.ModelReadyRequest, context: Context) -> pb.ModelReadyResponse:
        """Whether one model can answer."""
        try:
            ready = await self._data_plane.model_ready(request.name, request.version or None)
        except MLServerError as error:
            await _abort(context, error)
        return pb.ModelReadyResponse(ready=ready)

    async def ServerMetadata(self, request: pb.ServerMetadataRequest, context: Context) -> pb.ServerMetadataResponse:
        """Name, version and extensions."""
        return ServerMetadataResponseConverter.from_types(await self._data_plane.metadata())

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Context) -> pb.ModelMetadataResponse:
        """Versions, inputs and outputs of one model."""
        try:
            metadata = await self._data_plane.model_metadata(request.name, request.version or None)
        except MLServerError as error:
            await _abort(context, error)
        return ModelMetadataResponseConverter.from_types(metadata)

    async def ModelInfer(self, request: pb.ModelInferRequest, context: Context) -> pb.ModelInferResponse:
        """Answer one request."""
        lane = self.lanes.get(request.model_name)
        if lane and (answer := lane.answer(request)):
            return answer
        if not self._gate.enter():
            await _abort(context, Unavailable("too many requests at once; try again"))
        try:
            return await self._answer(request)
        except MLServerError as error:
            await _abort(context, error)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the answer took too long")
        except Exception:
            logger.exception("a request to %s failed", request.model_name)
            await context.abort(grpc.StatusCode.INTERNAL, "the server failed to answer; its log says why")
        finally:
            self._gate.leave()

    async def ModelStreamInfer(self, request_iterator: Any, context: Context) -> None:
        """Nothing here generates."""
        await _unimplemented(context)

    async def RepositoryIndex(self, request: Any, context: Context) -> None:
        """Models come with the server and stay."""
        await _unimplemented(context)

    async def RepositoryModelLoad(self, request: Any, context: Context) -> None:
        """Models come with the server and stay."""
        await _unimplemented(context)

    async def RepositoryModelUnload(self, request: Any, context: Context) -> None:
        """Models come with the server and stay."""
        await _unimplemented(context)

    async def _answer(self, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
        began = perf_counter()
        model = await self._data_plane.find(request.model_name, request.model_version or None)
        async with asyncio.timeout(self._deadline):
            if not isinstance(model, ScoringModel):
                return await self._answer_by_member(model, request)
            answers, parameters = await model.answer(read_tensors(request), [output.name for output in request.outputs])
        response = write_answer(request, model.version, answers, parameters)
        if model.name not in self._metrics:
            self._metrics[model.name] = self._data_plane.metrics_of("grpc", model)
        self._metrics[model.name].answered(perf_counter() - began)
        return response

    async def _answer_by_member(self, model: MLModel, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
        asked = [output.name for output in request.outputs]
        payload = self._data_plane.encode_for_member(model, read_tensors(request), asked)
        result = await self._data_plane.infer(payload, request.model_name, request.model_version or None)
        result.id = request.id or None
        return ModelInferResponseConverter.from_types(result, use_raw=bool(request.raw_input_contents))


async def _abort(context: Context, error: MLServerError) -> None:
    await context.abort(_CODES.get(HTTPStatus(error.status_code), grpc.StatusCode.INTERNAL), str(error))


async def _unimplemented(context: Context) -> None:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server does not do that")
