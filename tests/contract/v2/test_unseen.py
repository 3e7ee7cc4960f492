"""Categories that training has not seen, asked in every way: told in the answer, counted, refused if strict."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.limits import Limits
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import bundle_server
from support.free_port import free_port
from support.local_stack import Serving
from support.v2_tensors import (
    HEADER_LENGTH,
    binary_body,
    binary_columns,
    binary_matrix,
    column_tensors,
    grpc_columns,
    grpc_matrix,
    matrix_tensor,
)

TOLD = {"unseen.Contract": 2, "unseen.gender": 1}
FOR_MLSERVER = {"parameters": {"priority": 1}}


@pytest.fixture
def odd_customers(customers: pd.DataFrame) -> pd.DataFrame:
    odd = customers.copy()
    odd.loc[0, "gender"] = "unknown to training"
    odd.loc[[1, 2], "Contract"] = "none of them"
    return odd


@pytest.fixture
def odd_matrix(matrix: Matrix, telco_schema: FeatureSchema) -> Matrix:
    odd = matrix.copy()
    odd[0, telco_schema.names.index("gender")] = 2
    odd[[1, 2], telco_schema.names.index("Contract")] = (0.5, -1)
    return odd


Parameters = dict[str, int]
AskRest = Callable[..., Parameters]


@pytest.fixture
def ask(rest: httpx.Client) -> AskRest:
    def parameters(body: bytes, headers: dict[str, str] | None = None, model: str = "small") -> Parameters:
        answer = rest.post(f"/v2/models/{model}/infer", content=body, headers=headers or {})
        assert answer.status_code == 200, answer.text
        end = int(answer.headers.get(HEADER_LENGTH, len(answer.content)))
        found: Parameters = json.loads(answer.content[:end])["parameters"]
        return found

    return parameters


def _json(inputs: list[Any], **fields: Any) -> bytes:
    return json.dumps({"inputs": inputs, **fields}).encode()


@pytest.mark.case("26-matrix-that-cannot-be")
@pytest.mark.case("24-category-in-another-spelling")
@pytest.mark.parametrize("fields", [{}, FOR_MLSERVER], ids=["fast path", "MLServer"])
@pytest.mark.parametrize("model", ["small", "small-random-forest", "small-lightgbm"])
def test_json(
    model: str,
    fields: dict[str, Any],
    ask: AskRest,
    telco_schema: FeatureSchema,
    odd_customers: pd.DataFrame,
    odd_matrix: Matrix,
) -> None:
    assert ask(_json(column_tensors(telco_schema, odd_customers), **fields), model=model) == TOLD
    assert ask(_json([matrix_tensor(odd_matrix)], **fields), model=model) == TOLD


def test_binary(ask: AskRest, telco_schema: FeatureSchema, odd_customers: pd.DataFrame, odd_matrix: Matrix) -> None:
    assert ask(*binary_body(binary_columns(telco_schema, odd_customers))) == TOLD
    assert ask(*binary_body([binary_matrix(odd_matrix)])) == TOLD


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
@pytest.mark.parametrize("model", ["small", "small-random-forest"])
def test_grpc(
    model: str,
    raw: bool,
    stub: GRPCInferenceServiceStub,
    telco_schema: FeatureSchema,
    odd_customers: pd.DataFrame,
    odd_matrix: Matrix,
) -> None:
    for request in (grpc_columns(model, telco_schema, odd_customers, raw), grpc_matrix(model, odd_matrix, raw)):
        parameters = stub.ModelInfer(request).parameters
        assert {name: parameters[name].int64_param for name in TOLD} == TOLD


def test_what_is_seen_is_not_told(rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame) -> None:
    answer = rest.post("/v2/models/small/infer", content=_json(column_tensors(telco_schema, customers)))
    assert "parameters" not in answer.json()


@pytest.fixture(scope="module")
def strict(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, int]]:
    port, log = free_port(), tmp_path_factory.mktemp("strict") / "server.log"
    with bundle_server(bundle, Path(log), ["--strict", "--metrics-port", str(port)]) as serving:
        yield serving, port


@pytest.mark.case("26-matrix-that-cannot-be")
@pytest.mark.case("24-category-in-another-spelling")
def test_a_strict_server_refuses_with_names_and_categories_and_counts(
    strict: tuple[Serving, int], telco_schema: FeatureSchema, odd_customers: pd.DataFrame, odd_matrix: Matrix
) -> None:
    serving, metrics = strict
    assert not Limits.strict
    for tensors in (column_tensors(telco_schema, odd_customers), [matrix_tensor(odd_matrix)]):
        answer = httpx.post(f"{serving.rest_url}/v2/models/small/infer", content=_json(tensors), timeout=15)
        assert answer.status_code == 400
        assert "gender: 1 value is no category and no code of one (0 to 1: Female, Male)" in answer.json()["error"]
        assert "Contract: 2 values are no category" in answer.json()["error"]
    with grpc.insecure_channel(serving.grpc_target) as channel, pytest.raises(grpc.RpcError) as refused:
        GRPCInferenceServiceStub(channel).ModelInfer(grpc_matrix("small", odd_matrix[:1], raw=True))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    exposed = httpx.get(f"http://127.0.0.1:{metrics}/metrics", timeout=15).text
    counted = dict(re.findall(r'churnserve_unseen_total\{feature="(\w+)"\} ([\d.]+)', exposed))
    assert (counted["gender"], counted["Contract"], counted["Partner"]) == ("3.0", "4.0", "0.0")
