"""V2's gRPC service: requests to models of ours straight from the messages, to members through MLServer's types.

The answers and the errors are those of REST, by status code. grpcio's threads call it: the fast path answers there,
and everything else on the event loop, where models and the in-flight limit live.
"""

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from http import HTTPStatus
from time import perf_counter
from typing import Any, NoReturn, TypeAlias, TypeVar

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

from churn_runtimes.data_plane import V2DataPlane, tell_unseen
from churn_runtimes.grpc.fast_path import GrpcFastPath
from churn_runtimes.grpc.messages import read_tensors, write_answer
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.metrics import InferMetrics
from churn_runtimes.model_metadata import with_text_parameters
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.v2.errors import Unavailable

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

Context: TypeAlias = Any
"""grpc.ServicerContext; grpcio ships no types."""

_CODES = {
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


class V2Servicer(GRPCInferenceServiceServicer):  # type: ignore[misc]  # mlserver is untyped
    """One per server. What no method here answers is UNIMPLEMENTED, the repository's calls among it."""

    def __init__(
        self, data_plane: V2DataPlane, in_flight: InFlightLimit, deadline: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._data_plane = data_plane
        self._in_flight = in_flight
        self._deadline = deadline
        self._loop = loop
        self._metrics: dict[str, InferMetrics] = {}
        self.fast_paths: dict[str, GrpcFastPath] = {}
        """By model; one is opened when its ensemble is ready."""

    def ServerLive(self, request: pb.ServerLiveRequest, context: Context) -> pb.ServerLiveResponse:
        """Whether the process answers."""
        return pb.ServerLiveResponse(live=self._wait(self._data_plane.live(), context))

    def ServerReady(self, request: pb.ServerReadyRequest, context: Context) -> pb.ServerReadyResponse:
        """Whether every model can answer."""
        return pb.ServerReadyResponse(ready=self._wait(self._data_plane.ready(), context))

    def ModelReady(self, request: pb.ModelReadyRequest, context: Context) -> pb.ModelReadyResponse:
        """Whether one model can answer."""
        ready = self._data_plane.model_ready(request.name, request.version or None)
        return pb.ModelReadyResponse(ready=self._wait(ready, context))

    def ServerMetadata(self, request: pb.ServerMetadataRequest, context: Context) -> pb.ServerMetadataResponse:
        """Name, version and extensions."""
        return ServerMetadataResponseConverter.from_types(self._wait(self._data_plane.metadata(), context))

    def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Context) -> pb.ModelMetadataResponse:
        """Versions, inputs and outputs of one model."""
        metadata = self._data_plane.model_metadata(request.name, request.version or None)
        return ModelMetadataResponseConverter.from_types(with_text_parameters(self._wait(metadata, context)))

    def ModelInfer(self, request: pb.ModelInferRequest, context: Context) -> pb.ModelInferResponse:
        """Answer one request."""
        fast_path = self.fast_paths.get(request.model_name)
        if fast_path and (answer := fast_path.answer(request)):
            return answer
        return self._wait(self._infer(request), context)

    def ModelStreamInfer(self, request_iterator: Any, context: Context) -> NoReturn:
        """Nothing here generates."""
        _unimplemented(context)

    def RepositoryIndex(self, request: Any, context: Context) -> NoReturn:
        """Models come with the server and stay."""
        _unimplemented(context)

    def RepositoryModelLoad(self, request: Any, context: Context) -> NoReturn:
        """Models come with the server and stay."""
        _unimplemented(context)

    def RepositoryModelUnload(self, request: Any, context: Context) -> NoReturn:
        """Models come with the server and stay."""
        _unimplemented(context)

    def _wait(self, work: Coroutine[Any, Any, Answer], context: Context) -> Answer:
        """Do it on the loop. What it raises becomes the call's status."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        # A client that has gone, or whose own deadline is over, wants no answer any more.
        context.add_callback(future.cancel)
        try:
            return future.result()
        except MLServerError as error:
            code, details = _CODES.get(HTTPStatus(error.status_code), grpc.StatusCode.INTERNAL), str(error)
        except TimeoutError:
            code, details = grpc.StatusCode.DEADLINE_EXCEEDED, "the answer took too long"
        except CancelledError:
            code, details = grpc.StatusCode.CANCELLED, "nobody waits for the answer"
        except Exception:
            logger.exception("a gRPC call failed")
            code, details = grpc.StatusCode.INTERNAL, "the server failed to answer; its log says why"
        context.abort(code, details)
        raise AssertionError("abort raises")

    async def _infer(self, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
        """Answer one request on the loop. Raises MLServerError, or TimeoutError after the deadline."""
        if not self._in_flight.enter():
            raise Unavailable("too many requests at once; try again")
        try:
            return await self._answer(request)
        finally:
            self._in_flight.leave()

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
        payload, unseen = self._data_plane.encode_for_member(model, read_tensors(request), asked)
        # The data plane encodes what it is given, which has no unseen category any more.
        found = await self._data_plane.infer(payload, request.model_name, request.model_version or None)
        result = tell_unseen(found, unseen)
        result.id = request.id or None
        return ModelInferResponseConverter.from_types(result, use_raw=bool(request.raw_input_contents))


def _unimplemented(context: Context) -> NoReturn:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server does not do that")
    raise AssertionError("abort raises")
