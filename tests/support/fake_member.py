"""A member's V2 gRPC server as it may be met: right, slow, of another bundle, refusing, talking nonsense."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import grpc
import numpy as np
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import (
    GRPCInferenceServiceServicer,
    add_GRPCInferenceServiceServicer_to_server,
)
from support.free_port import free_port


@dataclass(frozen=True)
class Manner:
    """How a fake member answers; by default as it should."""

    score: float = 0.5
    seconds: float = 0.0
    rows: int = 0
    """More scores than rows."""
    says: grpc.StatusCode | None = None
    """The error that it answers with."""
    version: str | None = None
    """The version that it takes itself for, whatever it is asked."""
    raw: bool = True
    output: str = "churn_probability"
    datatype: str = "FP64"
    raw_contents: tuple[bytes, ...] | None = None
    """What comes in the place of the scores' bytes."""
    ahead: tuple[str, ...] = ()
    """Outputs before that one."""


class FakeMember(GRPCInferenceServiceServicer):  # type: ignore[misc]  # made by protoc, untyped
    """Start with `with FakeMember(manner) as member`; its host and port stay its own."""

    def __init__(self, manner: Manner | None = None, port: int | None = None, host: str = "127.0.0.1") -> None:
        self.manner = manner or Manner()
        self.port = port or free_port()
        self.host = host
        self.requests: list[messages.ModelInferRequest] = []

    @property
    def target(self) -> str:
        """Its host and port."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self._server.add_insecure_port(self.target)
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop(0).wait()

    def ModelInfer(
        self, request: messages.ModelInferRequest, context: grpc.ServicerContext
    ) -> messages.ModelInferResponse:
        """Answer in this member's manner."""
        self.requests.append(request)
        manner = self.manner
        time.sleep(manner.seconds)
        if manner.says:
            context.abort(manner.says, "as the test wants")
        version = request.model_version if manner.version is None else manner.version
        answer = messages.ModelInferResponse(model_name=request.model_name, model_version=version)
        scores = [manner.score] * (request.inputs[0].shape[0] + manner.rows)
        for name in manner.ahead:
            answer.outputs.add(name=name, datatype="FP64", shape=[0])
        output = answer.outputs.add(name=manner.output, datatype=manner.datatype, shape=[len(scores)])
        if manner.raw_contents is not None:
            answer.raw_output_contents.extend(manner.raw_contents)
        elif manner.raw:
            answer.raw_output_contents.append(np.asarray(scores, dtype="<f8").tobytes())
        else:
            output.contents.fp64_contents.extend(scores)
        return answer
