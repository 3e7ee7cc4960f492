"""REST: what a client can ask without a body, and how everything else is refused."""

import importlib.metadata
import json
from typing import Any

import httpx
import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import DECISION, Outputs
from support.bundle_server import VERSION
from support.keep_alive import KeepAlive, request
from support.local_stack import Serving


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/small/ready", {"name": "small", "ready": True}),
        (f"/v2/models/small/versions/{VERSION}/ready", {"name": "small", "ready": True}),
        ("/v2/models/small-xgboost/ready", {"name": "small-xgboost", "ready": True}),
    ],
)
def test_health(path: str, body: dict[str, Any], rest: httpx.Client) -> None:
    answer = rest.get(path)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", body)


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_server_names_itself_and_its_extensions(path: str, rest: httpx.Client) -> None:
    answer = rest.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    metadata = answer.json()
    assert set(metadata) == {"name", "version", "extensions"}
    assert metadata["name"] == "churnserve"
    assert metadata["version"] == importlib.metadata.version("churn-runtimes")
    assert "binary_tensor_data" in metadata["extensions"]
    assert "model_repository" not in metadata["extensions"]


@pytest.mark.parametrize("path", ["/v2/models/small", f"/v2/models/small/versions/{VERSION}"])
def test_the_ensemble_describes_its_tensors(
    path: str, rest: httpx.Client, telco_schema: FeatureSchema, bundle: Bundle
) -> None:
    metadata = rest.get(path).json()
    assert (metadata["name"], metadata["versions"], metadata["platform"]) == ("small", [VERSION], "churnserve")
    described = [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in metadata["inputs"]]
    assert described == [
        (feature.name, "FP32" if isinstance(feature, NumericFeature) else "BYTES", [-1, 1])
        for feature in telco_schema.features
    ]
    assert [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in metadata["outputs"]] == [
        (name, "BOOL" if name == DECISION else "FP64", [-1]) for name in Outputs.of(bundle).names
    ]


def test_the_ensemble_tells_categories_and_a_request_that_it_answers(
    rest: httpx.Client, telco_schema: FeatureSchema
) -> None:
    metadata = rest.get("/v2/models/small").json()
    told = {tensor["name"]: (tensor.get("parameters") or {}).get("categories") for tensor in metadata["inputs"]}
    assert told == {
        feature.name: None if isinstance(feature, NumericFeature) else list(feature.categories)
        for feature in telco_schema.features
    }
    answer = rest.post("/v2/models/small/infer", json=metadata["parameters"]["example_request"])
    assert answer.status_code == 200
    assert 0 <= answer.json()["outputs"][0]["data"][0] <= 1


def test_the_ensemble_tells_its_reasons_and_a_request_for_them(rest: httpx.Client, bundle: Bundle) -> None:
    parameters = rest.get("/v2/models/small").json()["parameters"]
    tails = ["", *(f".{member.name}" for member in bundle.manifest.members)]
    assert parameters["reasons"] == [
        tensor
        for tail in tails
        for tensor in (
            {"name": f"contributions{tail}", "datatype": "FP64", "shape": [-1, 20]},
            {"name": f"top_reasons{tail}", "datatype": "BYTES", "shape": [-1, -1]},
        )
    ]
    answer = rest.post("/v2/models/small/infer", json=parameters["example_request_with_reasons"])
    assert [(one["name"], one["shape"]) for one in answer.json()["outputs"]] == [
        ("top_reasons", [1, 3]),
        ("contributions", [1, 3]),
    ]


def test_every_member_describes_its_tensors(rest: httpx.Client, bundle: Bundle) -> None:
    for member in bundle.manifest.members:
        metadata = rest.get(f"/v2/models/small-{member.name}").json()
        assert (metadata["name"], metadata["versions"]) == (f"small-{member.name}", [VERSION])
        assert metadata["platform"]
        assert [tensor["shape"] for tensor in metadata["inputs"]] == [[-1, 19]]
        assert metadata["outputs"]
        assert all(tensor["shape"][0] == -1 and tensor["datatype"] for tensor in metadata["outputs"])


def test_the_models_can_be_listed(rest: httpx.Client, bundle: Bundle) -> None:
    names = ["small", *(f"small-{member.name}" for member in bundle.manifest.members)]
    assert rest.get("/v2/models").json() == {"models": names}
    ready = [{"name": name, "version": VERSION, "state": "READY", "reason": ""} for name in names]
    for body in (b"", b"{}", b'{"ready": true}'):
        assert rest.post("/v2/repository/index", content=body).json() == ready
    refused = rest.post("/v2/repository/index", content=b"[]")
    assert (refused.status_code, list(refused.json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/nothing", 404),
        ("GET", "/v2/models/nothing/ready", 404),
        ("POST", "/v2/models/nothing/infer", 404),
        ("GET", "/v2/models/small/versions/99", 404),
        ("GET", "/v2/models/small/versions/99/ready", 404),
        ("POST", "/v2/models/small/versions/99/infer", 404),
        ("GET", "/v2/models/", 404),
        ("GET", "/v2/models/small/", 404),
        ("GET", "/v2/models/small/nothing", 404),
        ("GET", "/v2/models/%2e%2e/ready", 404),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/v1/models/small", 404),
        ("POST", "/v2/nothing", 404),
        ("POST", "/v2/repository/models/small/load", 404),
        ("POST", "/v2/repository/models/small/unload", 404),
        ("GET", "/v2/repository/index", 405),
        ("POST", "/v2/models", 405),
        ("GET", "/openapi.json", 404),
        ("GET", "/v2/models/small/docs", 404),
        ("GET", "/v2/models/small/docs/dataplane.json", 404),
        ("GET", "/v2/docs", 404),
        ("POST", "/v2/models/small/generate", 404),
        ("POST", "/v2/models/small/versions/7/generate", 404),
        ("POST", "/v2/models/small/infer_stream", 404),
        ("POST", "/v2/models/small/generate_stream", 404),
        ("GET", "/v2/models/nothing/config", 404),
        ("GET", "/v2/models/nothing/stats", 404),
        ("GET", "/v2/models/small/infer", 405),
        ("DELETE", "/v2/models/small/infer", 405),
        ("PUT", "/v2/models/small/infer", 405),
        ("POST", "/v2/models/small", 405),
        ("POST", "/v2/models/small/ready", 405),
        ("POST", "/v2/health/live", 405),
        ("DELETE", "/v2", 405),
    ],
)
def test_what_is_not_there_is_refused_in_the_protocols_form(
    method: str, path: str, status: int, server: Serving
) -> None:
    body = json.dumps({"inputs": [{"name": "rows", "shape": [1], "datatype": "FP32", "data": [1]}]}).encode()
    with KeepAlive(server.rest_url) as connection:
        answer = connection.ask(request(path, body, method), method)
        assert (answer.status, answer.error is not None) == (status, True), answer
        assert connection.ask(request("/v2/health/live", method="GET"), "GET").status == 200
        assert connection.connections == 1
