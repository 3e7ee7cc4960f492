"""One member in other pods: encoded rows to its P(churn), over V2 gRPC.

The call names the bundle's digest as the model's version. A pod of another bundle knows no such version, so an
ensemble never mixes members of two bundles, whatever the network leads it to.
"""

import grpc
import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.outputs import PROBABILITY
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub

from churn_runtimes.remote_members.channel import open_channel
from churn_runtimes.remote_members.failure import FailureReason, MemberFailed

_REASONS = {
    grpc.StatusCode.DEADLINE_EXCEEDED: FailureReason.DEADLINE,
    grpc.StatusCode.UNAVAILABLE: FailureReason.UNREACHABLE,
    grpc.StatusCode.NOT_FOUND: FailureReason.OTHER_BUNDLE,
    grpc.StatusCode.INVALID_ARGUMENT: FailureReason.REFUSED,
    grpc.StatusCode.FAILED_PRECONDITION: FailureReason.REFUSED,
}
_CLOSING_SECONDS = 10


class MemberClient:
    """Ask one member of one bundle. Made inside the running loop."""

    def __init__(self, member: str, target: str, model: str, digest: str) -> None:
        self.member = member
        self._target = target
        self._model = model
        self._digest = digest
        self._open()

    async def score(self, matrix: Matrix, deadline: float) -> Scores:
        """P(churn) `[rows]`, at most `deadline` seconds later. Raises MemberFailed."""
        try:
            answer = await self._stub.ModelInfer(self._request(matrix), timeout=deadline)
        except grpc.aio.AioRpcError as error:
            reason = _REASONS.get(error.code(), FailureReason.FAILED)
            raise MemberFailed(self.member, reason, error.details() or error.code().name) from error
        return self._read(answer, len(matrix))

    async def renew(self) -> None:
        """Open a new channel, so that pods which came in addition are found; calls under way end on the old one."""
        old = self._channel
        self._open()
        await old.close(_CLOSING_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._channel.close()

    def _open(self) -> None:
        self._channel = open_channel(self._target)
        self._stub = GRPCInferenceServiceStub(self._channel)

    def _request(self, matrix: Matrix) -> messages.ModelInferRequest:
        request = messages.ModelInferRequest(model_name=self._model, model_version=self._digest)
        request.inputs.add(name="rows", datatype="FP32", shape=matrix.shape)
        request.raw_input_contents.append(np.ascontiguousarray(matrix, dtype="<f4").tobytes())
        return request

    def _read(self, answer: messages.ModelInferResponse, rows: int) -> Scores:
        if answer.model_version != self._digest:
            raise MemberFailed(self.member, FailureReason.OTHER_BUNDLE, f"answered as {answer.model_version!r}")
        names = [output.name for output in answer.outputs]
        if PROBABILITY not in names:
            raise MemberFailed(self.member, FailureReason.INVALID, f"answered {names}")
        try:
            scores = _values(answer, names.index(PROBABILITY))
        except (ValueError, IndexError) as error:
            raise MemberFailed(self.member, FailureReason.INVALID, f"malformed answer: {error}") from error
        if len(scores) != rows or not np.all((scores >= 0) & (scores <= 1)):
            raise MemberFailed(self.member, FailureReason.INVALID, f"{len(scores)} scores for {rows} rows")
        return scores


def _values(answer: messages.ModelInferResponse, place: int) -> Scores:
    """The numbers of one output. Raises ValueError or IndexError for an answer that contradicts itself."""
    output = answer.outputs[place]
    if output.datatype != "FP64":
        raise ValueError(f"{output.datatype or 'no datatype'} instead of FP64")
    if answer.raw_output_contents:
        return np.frombuffer(answer.raw_output_contents[place], dtype="<f8")
    return np.asarray(output.contents.fp64_contents, dtype=np.float64)
