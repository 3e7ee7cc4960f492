"""Spans of requests for inference, exported by OTLP where OpenTelemetry's environment variables name a collector.

The server calls `start_export` once; REST and gRPC ask `is_wanted` before a request and call `finish` after it. While
nothing is exported and the request has no `traceparent`, that is one comparison.
"""

import logging
import os
import time
from typing import Any

from churn_models.errors import ChurnModelsError

from churn_runtimes.traceparent import TRACEPARENT, log_traced

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SERVER_ERRORS = frozenset({"500", "503", "504", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"})

logger = logging.getLogger(__name__)


class TracingUnavailable(ChurnModelsError):
    """Export is asked for, and its library is not installed."""


class _Export:
    """OpenTelemetry's tracer once export has begun; one per process."""

    tracer: Any = None


def start_export() -> None:
    """Export from now on, if the environment says where to. Raises TracingUnavailable."""
    if not any(map(os.environ.get, _ENDPOINTS)) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = _exporter()
    except ImportError as error:
        raise TracingUnavailable(f"export of traces needs churn-runtimes[otel]: {error}") from error
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over this name.
    os.environ.setdefault("OTEL_SERVICE_NAME", "churnserve")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _Export.tracer = provider.get_tracer("churn_runtimes")
    logger.info("spans of requests are exported by OTLP")


def is_wanted(traceparent: str | None) -> bool:
    """Whether `finish` is to be called for this request."""
    return traceparent is not None or _Export.tracer is not None


def finish(traceparent: str | None, request: str, code: str, began: int) -> None:
    """Log and export one request that began at `began` (`time.time_ns`) and ended now."""
    if traceparent is not None:
        log_traced(traceparent, request, code)
    if _Export.tracer is None:
        return
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier = {} if traceparent is None else {TRACEPARENT: traceparent}
    parent = TraceContextTextMapPropagator().extract(carrier)
    span = _Export.tracer.start_span(request, parent, SpanKind.SERVER, {"churnserve.code": code}, start_time=began)
    if code in _SERVER_ERRORS:
        span.set_status(StatusCode.ERROR)
    span.end(time.time_ns())


def _exporter() -> Any:
    protocol = next(filter(None, map(os.environ.get, _PROTOCOLS)), "grpc")
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        return OTLPSpanExporter()
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415

    return trace_exporter.OTLPSpanExporter()
