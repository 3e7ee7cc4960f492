"""A version with derived features gives a customer one score, whoever asks and how: servers, tables and pyfunc."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import grpc
import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix, encode
from churn_models.outputs import PROBABILITY
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.reasons import Reasons
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset
from churn_training.pyfunc_model import ChurnEnsemble
from mlserver.grpc.dataplane_pb2 import ModelInferResponse
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from prometheus_client.parser import text_string_to_metric_families
from support.bundle_server import bundle_server
from support.figures import record
from support.free_port import free_port
from support.local_stack import Serving
from support.stock_members import check_member, member_output
from support.v2_client import infer_request, infer_rest
from support.v2_tensors import binary_body, binary_columns, binary_matrix, grpc_columns, grpc_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
ROWS = 200


@dataclass(frozen=True)
class Served:
    """A server of the bundle, customers, and the same encoded here."""

    serving: Serving
    metrics: str
    bundle: Bundle
    customers: pd.DataFrame
    matrix: Matrix

    def samples(self, name: str, label: str) -> dict[str, float]:
        """Of one metric, by one of its labels."""
        families = text_string_to_metric_families(httpx.get(self.metrics).text)
        found: dict[str, float] = {}
        for sample in (sample for family in families for sample in family.samples if sample.name == name):
            found[sample.labels[label]] = found.get(sample.labels[label], 0.0) + sample.value
        return found


@pytest.fixture(scope="module")
def served(derived_bundle: Bundle, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    names, metrics = derived_bundle.schema().names, free_port()
    customers = dataset.raw.drop(columns="Churn").head(ROWS)
    assert customers["TotalCharges"].isna().any()
    matrix = encode(derived_bundle.schema(), {name: customers[name].to_numpy() for name in names}).matrix
    log = tmp_path_factory.mktemp("derived") / "log"
    with bundle_server(derived_bundle, log, ["--metrics-port", str(metrics)]) as serving:
        yield Served(serving, f"http://127.0.0.1:{metrics}/metrics", derived_bundle, customers, matrix)


def test_every_way_gives_the_same_scores_by_the_fast_path(served: Served, tmp_path: Path) -> None:
    expected = load_evaluator(served.bundle).score(served.matrix).ensemble
    before = served.samples("churnserve_requests_total", "route")
    found = _by_rest(served) | _by_grpc(served)
    after = served.samples("churnserve_requests_total", "route")
    found |= _by_tables(served, tmp_path) | {"pyfunc": _by_pyfunc(served)}
    differences = {way: float(np.abs(scores - expected).max()) for way, scores in found.items()}
    assert record("derived_divergence", max(differences.values()), "probability", "<= 1e-12").holds, differences
    asked = {route: after[route] - before.get(route, 0.0) for route in after}
    share = (asked["fast"] + asked["grpc"]) / sum(asked.values())
    assert record("derived_fast_path_share", share, "share of requests", ">= 1").holds, asked
    assert served.samples("churnserve_member_scored_by", "scored_by") == {"table": 5.0}
    np.testing.assert_allclose(expected, load_scorer(served.bundle).score(served.matrix).ensemble, rtol=0, atol=1e-6)


def _by_rest(served: Served) -> dict[str, Scores]:
    schema, customers = served.bundle.schema(), served.customers
    found = {
        "columns": _json(served, infer_request(schema, customers)),
        "matrix": _json(served, {"inputs": [matrix_tensor(served.matrix)]}),
    }
    single = [_json(served, infer_request(schema, customers.iloc[row : row + 1])) for row in range(ROWS)]
    found["one by one"] = np.concatenate(single)
    for way, tensors in {
        "binary columns": binary_columns(schema, customers),
        "binary matrix": [binary_matrix(served.matrix)],
    }.items():
        body, headers = binary_body(tensors)
        answer = httpx.post(f"{served.serving.rest_url}{INFER}", content=body, headers=headers).raise_for_status()
        found[way] = np.asarray(answer.json()["outputs"][0]["data"])
    return found


def _json(served: Served, body: dict[str, object]) -> Scores:
    return infer_rest(served.serving.rest_url, "small", body)[PROBABILITY]


def _by_grpc(served: Served) -> dict[str, Scores]:
    schema = served.bundle.schema()
    with grpc.insecure_channel(served.serving.grpc_target) as channel:
        stub = GRPCInferenceServiceStub(channel)
        requests = {
            "gRPC columns": grpc_columns("small", schema, served.customers, raw=False),
            "gRPC raw columns": grpc_columns("small", schema, served.customers, raw=True),
            "gRPC matrix": grpc_matrix("small", served.matrix, raw=True),
        }
        return {way: _scores(stub.ModelInfer(request)) for way, request in requests.items()}


def _scores(answer: ModelInferResponse) -> Scores:
    if answer.raw_output_contents:
        return np.frombuffer(answer.raw_output_contents[0], dtype="<f8")
    return np.asarray(answer.outputs[0].contents.fp64_contents)


def _by_tables(served: Served, folder: Path) -> dict[str, Scores]:
    scorer = TableScorer(served.bundle, load_evaluator(served.bundle), print)
    served.customers.to_parquet(folder / "in.parquet", index=False)
    served.customers.to_csv(folder / "in.csv", index=False)
    found = {}
    for form in ("parquet", "csv"):
        scorer.score(Task(str(folder / f"in.{form}"), str(folder / f"{form}.parquet")))
        found[form] = pd.read_parquet(folder / f"{form}.parquet")[PROBABILITY].to_numpy()
    return found


def _by_pyfunc(served: Served) -> Scores:
    loaded = ChurnEnsemble()
    loaded.load_context(SimpleNamespace(artifacts={"bundle": str(served.bundle.folder)}))
    return np.asarray(loaded.predict(None, served.customers))


def test_members_behind_their_stock_runtimes_get_them_too(served: Served) -> None:
    scores = load_scorer(served.bundle).score(served.matrix).members
    for member in served.bundle.manifest.members:
        body = {"inputs": [matrix_tensor(served.matrix)], "outputs": [{"name": member_output(member.kind)}]}
        answer = infer_rest(served.serving.rest_url, f"small-{member.name}", body)[member_output(member.kind)]
        check_member(member.kind, answer.reshape(ROWS, -1), scores[member.name])


def test_reasons_name_them_and_requests_do_not(served: Served) -> None:
    schema = served.bundle.schema()
    derived = [one.name for one in schema.derived]
    with httpx.Client(base_url=served.serving.rest_url) as rest:
        metadata = rest.get("/v2/models/small").json()
        assert [tensor["name"] for tensor in metadata["inputs"]] == list(schema.names)
        width = len(schema.scored_names)
        shapes = {tensor["name"]: tensor["shape"] for tensor in metadata["parameters"]["reasons"]}
        assert shapes["contributions"] == [-1, width + 1]
        example = metadata["parameters"]["example_request_with_reasons"]
        assert rest.post(INFER, json=example).status_code == 200
        body = {**infer_request(schema, served.customers), "parameters": {"top_reasons": width}}
        outputs = {output["name"]: output for output in rest.post(INFER, json=body).json()["outputs"]}
        assert outputs["top_reasons"]["shape"] == [ROWS, width]
        assert set(outputs["top_reasons"]["data"]) == set(schema.scored_names)
        sent = {"name": derived[0], "shape": [1], "datatype": "FP64", "data": [1.0]}
        example["inputs"].append(sent)
        refused = rest.post(INFER, json=example)
    assert (refused.status_code, f"inputs that are no feature: {derived[0]}" in refused.json()["error"]) == (400, True)


def test_reasons_of_tables_name_them(served: Served, tmp_path: Path) -> None:
    evaluator, names = load_evaluator(served.bundle), served.bundle.schema().scored_names
    served.customers.to_parquet(tmp_path / "in.parquet", index=False)
    task = Task(str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"), reasons=Reasons(contributions=True, top=1))
    TableScorer(served.bundle, evaluator, print).score(task)
    read = pd.read_parquet(tmp_path / "out.parquet")
    columns = [*(f"contributions.{name}" for name in names), "base_value"]
    contributions = evaluator.explain_ensemble(served.matrix)
    np.testing.assert_allclose(read[columns], contributions, rtol=0, atol=1e-12)
    largest = np.argmax(np.abs(contributions[:, :-1]), axis=1)
    assert read["reason_1"].to_list() == [names[place] for place in largest]
