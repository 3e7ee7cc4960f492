"""Server reflection, which grpcurl and other tools without our .proto files ask; the server adds it."""

from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Any

import grpc
from grpc_reflection.v1alpha.reflection import ReflectionServicer

_STREAMS = 4
"""At once. Each holds a thread as long as its client likes, and probes need threads too."""


class BoundedReflection(ReflectionServicer):  # type: ignore[misc]  # grpc_reflection is untyped
    """A few streams at a time; more are RESOURCE_EXHAUSTED."""

    def __init__(self, services: list[str]) -> None:
        super().__init__(services)
        self._places = BoundedSemaphore(_STREAMS)

    def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> Iterator[Any]:
        """Answer one stream of questions."""
        if not self._places.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many reflection streams at once; try again")
        try:
            yield from super().ServerReflectionInfo(request_iterator, context)
        finally:
            self._places.release()
