"""Spans over OTLP: a collector's HTTP server receives the protobuf of each request, under its caller's trace."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from churn_models.bundle import Bundle
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from support.bundle_server import bundle_server
from support.eventually import eventually
from support.http_thread import HttpThread
from support.local_stack import Serving
from support.v2_tensors import grpc_matrix

ROWS = np.zeros((1, 19), dtype=np.float32)
MATRIX: dict[str, Any] = {"name": "rows", "shape": [1, 19], "datatype": "FP32", "data": ROWS.ravel().tolist()}
PARENT = "00f067aa0ba902b7"
SECONDS = 30
Collected = list[tuple[str, Any]]


@pytest.fixture(scope="module")
def collected() -> Collected:
    """Service and span, as they come in."""
    return []


@pytest.fixture(scope="module")
def exporting(bundle: Bundle, collected: Collected, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                (service,) = [it.value.string_value for it in resource.resource.attributes if it.key == "service.name"]
                collected.extend((service, span) for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    log: Path = tmp_path_factory.mktemp("otlp") / "log"
    with HttpThread(Collector) as collector, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
        environment.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        environment.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        environment.setenv("OTEL_SERVICE_NAME", "churn-of-the-test")
        with bundle_server(bundle, log) as serving:
            yield serving


def test_each_request_is_a_span_of_its_callers_trace(exporting: Serving, collected: Collected) -> None:
    def send(trace: int) -> dict[str, str]:
        return {"traceparent": f"00-{trace:032x}-{PARENT}-01"}

    with httpx.Client(base_url=exporting.rest_url, timeout=SECONDS) as rest:
        for trace, model in ((0xD1, "small"), (0xD2, "small-xgboost"), (0xD3, "nothing")):
            rest.post(f"/v2/models/{model}/infer", json={"inputs": [MATRIX]}, headers=send(trace))
        rest.post("/v2/models/small/infer", json={"inputs": [MATRIX]})
    with grpc.insecure_channel(exporting.grpc_target) as channel:
        metadata = list(send(0xD4).items())
        GRPCInferenceServiceStub(channel).ModelInfer(grpc_matrix("small", ROWS), metadata=metadata, timeout=SECONDS)
    eventually(lambda: len(collected) >= 5, SECONDS)
    assert {service for service, _ in collected} == {"churn-of-the-test"}
    found = {int.from_bytes(span.trace_id, "big"): span for _, span in collected if span.parent_span_id}
    codes = {trace: (span.name, span.attributes[0].value.string_value) for trace, span in found.items()}
    assert codes == {
        0xD1: ("POST /v2/models/small/infer", "200"),
        0xD2: ("POST /v2/models/small-xgboost/infer", "200"),
        0xD3: ("POST /v2/models/nothing/infer", "404"),
        0xD4: ("ModelInfer small", "OK"),
    }
    assert {span.parent_span_id.hex() for span in found.values()} == {PARENT}
    assert all(span.end_time_unix_nano > span.start_time_unix_nano for span in found.values())
