"""V2's gRPC service: requests to models of ours straight from the messages, to members through MLServer's types.

The answers and the errors are those of REST, by status code. grpcio's threads call it: the fast path answers there,
and everything else on the event loop, where models and the in-flight limit live.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError
from http import HTTPStatus
from typing import Any, NoReturn, TypeAlias, TypeVar

import grpc
from google.protobuf.json_format import ParseDict
from mlserver import MLModel
from mlserver.errors import MLServerError
from mlserver.grpc import dataplane_pb2 as pb
from mlserver.grpc.converters import (
    ModelInferResponseConverter,
    ModelMetadataResponseConverter,
    ServerMetadataResponseConverter,
)
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceServicer

from churn_runtimes import tracing
from churn_runtimes.answer_counts import Route, counting
from churn_runtimes.candidate.request_choice import RequestChoice
from churn_runtimes.data_plane import V2DataPlane, with_told
from churn_runtimes.grpc.fast_path import GrpcFastPath
from churn_runtimes.grpc.messages import read_parameter, read_tensors, write_answer
from churn_runtimes.grpc.triton_extensions_pb2 import (
    ModelConfigRequest,
    ModelConfigResponse,
    ModelStatisticsRequest,
    ModelStatisticsResponse,
)
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.metrics import count_code
from churn_runtimes.model_metadata import with_text_parameters
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.traceparent import TRACEPARENT, read_traceparent
from churn_runtimes.v2.contributions import TOP_REASONS, refuse_top_reasons
from churn_runtimes.v2.errors import Unavailable

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

Context: TypeAlias = Any
"""grpc.ServicerContext; grpcio ships no types."""

Metadata: TypeAlias = Sequence[tuple[str, Any]]
"""Of one call: names in lower case, text or bytes."""

_CODES = {
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


class V2Servicer(GRPCInferenceServiceServicer):  # type: ignore[misc]  # mlserver is untyped
    """One per server. What no method here answers is UNIMPLEMENTED."""

    def __init__(
        self, data_plane: V2DataPlane, in_flight: InFlightLimit, deadline: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._data_plane = data_plane
        self._in_flight = in_flight
        self._deadline = deadline
        self._loop = loop
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
        metadata: Metadata = context.invocation_metadata() or ()
        traceparent = _echo_traceparent(context, metadata)
        if not tracing.is_wanted(traceparent):
            return self._answer_call(request, context, metadata)
        began = time.time_ns()
        try:
            return self._answer_call(request, context, metadata)
        finally:
            code = context.code() or grpc.StatusCode.OK
            tracing.finish(traceparent, f"ModelInfer {request.model_name}", code.name, began)

    def _answer_call(
        self, request: pb.ModelInferRequest, context: Context, metadata: Metadata
    ) -> pb.ModelInferResponse:
        fast_path = self.fast_paths.get(request.model_name)
        if fast_path and (answer := fast_path.answer(request, metadata)):
            return answer
        return self._wait(self._infer(request, metadata), context, counts=True)

    def ModelStreamInfer(self, request_iterator: Any, context: Context) -> NoReturn:
        """Nothing here generates."""
        _unimplemented(context)

    def RepositoryIndex(self, request: pb.RepositoryIndexRequest, context: Context) -> pb.RepositoryIndexResponse:
        """Which models there are."""
        index = self._wait(self._data_plane.index(request.ready), context)
        return ParseDict({"models": index}, pb.RepositoryIndexResponse())

    def ModelConfig(self, request: ModelConfigRequest, context: Context) -> ModelConfigResponse:
        """Triton's configuration of one model."""
        config = self._wait(self._data_plane.model_config(request.name, request.version or None), context)
        return ParseDict({"config": config}, ModelConfigResponse())

    def ModelStatistics(self, request: ModelStatisticsRequest, context: Context) -> ModelStatisticsResponse:
        """Triton's statistics of one model, or of all."""
        statistics = self._data_plane.statistics(request.name or None, request.version or None)
        return ParseDict(self._wait(statistics, context), ModelStatisticsResponse())

    def RepositoryModelLoad(self, request: Any, context: Context) -> NoReturn:
        """Models come with the server and stay."""
        _unimplemented(context)

    def RepositoryModelUnload(self, request: Any, context: Context) -> NoReturn:
        """Models come with the server and stay."""
        _unimplemented(context)

    def _wait(self, work: Coroutine[Any, Any, Answer], context: Context, counts: bool = False) -> Answer:
        """Do it on the loop. What it raises becomes the call's status, and `counts` as such."""
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
        if counts:
            count_code(Route.GRPC, code.name)
        context.abort(code, details)
        raise AssertionError("abort raises")

    async def _infer(self, request: pb.ModelInferRequest, metadata: Metadata) -> pb.ModelInferResponse:
        """Answer one request on the loop. Raises MLServerError, or TimeoutError after the deadline."""
        if not self._in_flight.enter():
            raise Unavailable("too many requests at once; try again")
        try:
            return await self._answer(request, metadata)
        finally:
            self._in_flight.leave()

    async def _answer(self, request: pb.ModelInferRequest, metadata: Metadata) -> pb.ModelInferResponse:
        model = await self._data_plane.find(request.model_name, request.model_version or None)
        answer = self._answer_by_ours if isinstance(model, ScoringModel) else self._answer_by_member
        with counting(Route.GRPC, model.name, model.version) as scored:
            async with asyncio.timeout(self._deadline):
                response = await answer(model, request, metadata)
            scored.rows, scored.version = response.outputs[0].shape[0], response.model_version
        return response

    async def _answer_by_ours(
        self, model: ScoringModel, request: pb.ModelInferRequest, metadata: Metadata
    ) -> pb.ModelInferResponse:
        asked = [output.name for output in request.outputs]
        answer = await model.answer(read_tensors(request), asked, _choice(request, metadata))
        return write_answer(request, answer.version, answer.outputs, answer.parameters)

    async def _answer_by_member(
        self, model: MLModel, request: pb.ModelInferRequest, metadata: Metadata
    ) -> pb.ModelInferResponse:
        asked = [output.name for output in request.outputs]
        refuse_top_reasons(model.name, read_parameter(request, TOP_REASONS))
        payload, told = await self._data_plane.encode_for_member(model, read_tensors(request), asked)
        # The data plane encodes what it is given, which has no unseen category any more.
        result = with_told(await self._data_plane.ask_member(model, payload), told)
        result.id = request.id or None
        return ModelInferResponseConverter.from_types(result, use_raw=bool(request.raw_input_contents))


def _choice(request: pb.ModelInferRequest, metadata: Metadata) -> RequestChoice:
    given = {name: read_parameter(request, name) for name in request.parameters}
    return RequestChoice(metadata, given, is_pinned=bool(request.model_version))


def _echo_traceparent(context: Context, metadata: Metadata) -> str | None:
    for key, value in metadata:
        if key == TRACEPARENT and (traceparent := read_traceparent(value)):
            context.set_trailing_metadata(((TRACEPARENT, traceparent),))
            return traceparent
    return None


def _unimplemented(context: Context) -> NoReturn:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server does not do that")
    raise AssertionError("abort raises")
