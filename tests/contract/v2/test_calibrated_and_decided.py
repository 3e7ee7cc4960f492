"""Calibrated probability and decision in every form of asking, and table scoring beside the server's answers."""

from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import CALIBRATED, DECISION, PROBABILITY
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.v2_tensors import HEADER_LENGTH, column_tensors, grpc_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
ASKED = [DECISION, CALIBRATED, PROBABILITY]
_SECONDS = 15


@pytest.fixture(scope="module")
def calibrated(bundle: Bundle, scores: EnsembleScores) -> list[float]:
    found = bundle.reference().scores.calibration
    return list(np.interp(scores.ensemble, found.scores, found.observed))


@pytest.fixture(scope="module")
def decided(scores: EnsembleScores) -> list[bool]:
    return list(scores.ensemble >= 0.5)


def test_json(rest: httpx.Client, matrix: Matrix, calibrated: list[float], decided: list[bool]) -> None:
    body = {"inputs": [matrix_tensor(matrix)], "outputs": [{"name": name} for name in ASKED]}
    decision, probability, _ = rest.post(INFER, json=body).json()["outputs"]
    assert (decision["name"], decision["datatype"], decision["data"]) == (DECISION, "BOOL", decided)
    assert probability["datatype"] == "FP64"
    np.testing.assert_allclose(probability["data"], calibrated, atol=1e-6)


def test_binary_data(rest: httpx.Client, matrix: Matrix, decided: list[bool]) -> None:
    outputs = [{"name": DECISION, "parameters": {"binary_data": True}}]
    answer = rest.post(INFER, json={"inputs": [matrix_tensor(matrix)], "outputs": outputs})
    assert answer.content[int(answer.headers[HEADER_LENGTH]) :] == np.array(decided).tobytes()


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_grpc(
    raw: bool, stub: GRPCInferenceServiceStub, matrix: Matrix, calibrated: list[float], decided: list[bool]
) -> None:
    request = grpc_matrix("small", matrix, raw)
    for name in ASKED:
        request.outputs.add(name=name)
    answer = stub.ModelInfer(request, timeout=_SECONDS)
    decision, probability, _ = answer.outputs
    assert (decision.datatype, probability.datatype) == ("BOOL", "FP64")
    if raw:
        assert np.frombuffer(answer.raw_output_contents[0], "?").tolist() == decided
    else:
        assert list(decision.contents.bool_contents) == decided
        np.testing.assert_allclose(probability.contents.fp64_contents, calibrated, atol=1e-6)


def test_metadata_names_them(rest: httpx.Client) -> None:
    outputs = {output["name"]: output["datatype"] for output in rest.get("/v2/models/small").json()["outputs"]}
    assert (outputs[DECISION], outputs[CALIBRATED]) == ("BOOL", "FP64")


def test_a_scored_table_is_what_the_server_answers(
    rest: httpx.Client, bundle: Bundle, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    customers: pd.DataFrame = dataset.raw.head(500)
    customers.to_parquet(tmp_path / "in.parquet", index=False)
    task = Task(str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"), outputs=ASKED)
    TableScorer(bundle, load_evaluator(bundle), print).score(task)
    scored = pd.read_parquet(tmp_path / "out.parquet")
    body = {"inputs": column_tensors(telco_schema, customers), "outputs": [{"name": name} for name in ASKED]}
    for output in rest.post(INFER, json=body).json()["outputs"]:
        np.testing.assert_allclose(scored[output["name"]], output["data"], atol=1e-12, rtol=0)
