"""Every request for inference is counted once, and no other, by who answered it; MLServer's names tell the same."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import grpc
import httpx
import numpy as np
import pytest
from churn_models.bundle import Bundle
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from prometheus_client.parser import text_string_to_metric_families
from support.bundle_server import VERSION, bundle_server
from support.free_port import free_port
from support.v2_tensors import grpc_matrix

ROWS = np.zeros((3, 19), dtype=np.float32)
MATRIX: dict[str, Any] = {"name": "rows", "shape": [3, 19], "datatype": "FP32", "data": ROWS.ravel().tolist()}
INFER = "/v2/models/small/infer"
SECONDS = 15


class Counted(NamedTuple):
    """What a server says after a known mix of requests."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]
    statistics: dict[str, Any]

    def value(self, name: str, **labels: str) -> float | None:
        """Of one sample; None when there is none."""
        return self.samples.get((name, frozenset(labels.items())))


@pytest.fixture(scope="module")
def counted(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    metrics = free_port()
    log = tmp_path_factory.mktemp("metrics") / "log"
    with bundle_server(bundle, log, ["--metrics-port", str(metrics)]) as serving:
        with httpx.Client(base_url=serving.rest_url, timeout=SECONDS) as rest:
            _ask_rest(rest)
            with grpc.insecure_channel(serving.grpc_target) as channel:
                _ask_grpc(GRPCInferenceServiceStub(channel))
            statistics = rest.get("/v2/models/small/stats").json()["model_stats"][0]
        page = httpx.get(f"http://127.0.0.1:{metrics}/metrics").text
        assert httpx.get(f"http://127.0.0.1:{metrics}/openapi.json").status_code == 404
    families = text_string_to_metric_families(page)
    found = [sample for family in families for sample in family.samples]
    assert len({(sample.name, frozenset(sample.labels.items())) for sample in found}) == len(found)
    yield Counted({(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}, statistics)


def _ask_rest(rest: httpx.Client) -> None:
    for _ in range(4):
        assert rest.post(INFER, json={"inputs": [MATRIX]}).status_code == 200
    assert rest.post("/v2/models/small-xgboost/infer", json={"inputs": [MATRIX]}).status_code == 200
    assert rest.post(INFER, json={"inputs": [{**MATRIX, "shape": [3, 18]}]}).status_code == 400
    assert rest.post(INFER, content=b"{").status_code == 400
    assert rest.post(INFER, content=bytes(1_000_001)).status_code == 413
    assert rest.post("/v2/models/nothing/infer", json={"inputs": [MATRIX]}).status_code == 404
    assert rest.get(INFER).status_code == 405
    # None of these asks for scores.
    assert rest.get("/v2/models/small").status_code == 200
    assert rest.post("/v2/repository/index", json={}).status_code == 200
    assert rest.post("/v2/repository/models/small/load").status_code == 404
    assert rest.post("/elsewhere", json={}).status_code == 404
    assert rest.get("/v2/models/small", headers={"Content-Encoding": "gzip"}).status_code == 415


def _ask_grpc(stub: GRPCInferenceServiceStub) -> None:
    for _ in range(2):
        stub.ModelInfer(grpc_matrix("small", ROWS), timeout=SECONDS)
    named = grpc_matrix("small", ROWS)
    named.outputs.add(name="member.xgboost")
    stub.ModelInfer(named, timeout=SECONDS)
    stub.ModelInfer(grpc_matrix("small-xgboost", ROWS), timeout=SECONDS)
    for wrong in (grpc_matrix("small", ROWS[:, :18]), grpc_matrix("nothing", ROWS)):
        with suppress(grpc.RpcError):
            stub.ModelInfer(wrong, timeout=SECONDS)


def test_every_answer_is_counted_once_by_route_and_code(counted: Counted) -> None:
    requests = {
        (dict(labels)["route"], dict(labels)["code"]): value
        for (name, labels), value in counted.samples.items()
        if name == "churnserve_requests_total"
    }
    assert requests == {
        ("fast", "200"): 4,
        ("mlserver", "200"): 1,
        ("mlserver", "400"): 2,
        ("mlserver", "404"): 1,
        ("mlserver", "405"): 1,
        ("mlserver", "413"): 1,
        ("grpc", "OK"): 4,
        ("grpc", "INVALID_ARGUMENT"): 1,
        ("grpc", "NOT_FOUND"): 1,
    }


def test_times_are_kept_by_route_and_model(counted: Counted) -> None:
    for route, model, answers in (
        ("fast", "small", 4),
        ("grpc", "small", 3),
        ("mlserver", "small-xgboost", 1),
        ("grpc", "small-xgboost", 1),
    ):
        labels = {"route": route, "model": model, "version": VERSION}
        assert counted.value("churnserve_infer_seconds_count", **labels) == answers
        assert counted.value("churnserve_infer_seconds_bucket", le="+Inf", **labels) == answers
        assert (counted.value("churnserve_infer_seconds_sum", **labels) or 0) > 0


def test_mlservers_names_tell_the_same_and_none_of_them_a_part(counted: Counted) -> None:
    labels = {"model": "small", "version": VERSION}
    assert counted.value("model_infer_request_success_total", **labels) == 7
    assert counted.value("model_infer_request_failure_total", **labels) == 2
    assert counted.value("model_infer_request_duration_count", **labels) == 9
    assert not [name for name, _ in counted.samples if name.startswith("rest_server_")]


def test_what_scores_a_member_is_shown(counted: Counted) -> None:
    labels = {"model": "small", "member": "xgboost", "scored_by": "table"}
    assert counted.value("churnserve_member_scored_by", **labels) == 1


def test_tritons_statistics_count_the_same(counted: Counted) -> None:
    statistics = counted.statistics
    assert (statistics["name"], statistics["version"]) == ("small", VERSION)
    assert (statistics["execution_count"], statistics["inference_count"]) == (7, 21)
    assert [statistics["inference_stats"][kind]["count"] for kind in ("success", "fail")] == [7, 2]
    assert statistics["inference_stats"]["success"]["ns"] > 0
    assert statistics["last_inference"] > 0
