"""Contributions as outputs, over REST in JSON and binary and over gRPC."""

import httpx
import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.v2_tensors import HEADER_LENGTH, grpc_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
_SECONDS = 60


def test_json(rest: httpx.Client, matrix: Matrix, scores: EnsembleScores) -> None:
    names = ["contributions", "churn_probability", "contributions.xgboost"]
    body = {"inputs": [matrix_tensor(matrix)], "outputs": [{"name": name} for name in names]}
    outputs = rest.post(INFER, json=body).json()["outputs"]
    assert [output["name"] for output in outputs] == names
    ensemble, _, member = (np.array(output["data"]).reshape(output["shape"]) for output in outputs)
    assert ensemble.shape == member.shape == (len(matrix), matrix.shape[1] + 1)
    np.testing.assert_allclose(ensemble.sum(axis=1), scores.ensemble, atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-member.sum(axis=1))), scores.members["xgboost"], atol=1e-6)


def test_who_asks_for_another_output_is_told_of_them(rest: httpx.Client, matrix: Matrix) -> None:
    answer = rest.post(INFER, json={"inputs": [matrix_tensor(matrix)], "outputs": [{"name": "contribution"}]})
    assert answer.status_code == 400
    assert "no such output: contribution; there are churn_probability, " in answer.json()["error"]
    assert ", contributions, contributions.random-forest, " in answer.json()["error"]


def test_binary_data(rest: httpx.Client, matrix: Matrix, scores: EnsembleScores) -> None:
    outputs = [{"name": "contributions", "parameters": {"binary_data": True}}]
    answer = rest.post(INFER, json={"inputs": [matrix_tensor(matrix)], "outputs": outputs})
    found = np.frombuffer(answer.content[int(answer.headers[HEADER_LENGTH]) :]).reshape(len(matrix), -1)
    np.testing.assert_allclose(found.sum(axis=1), scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
def test_grpc(raw: bool, stub: GRPCInferenceServiceStub, matrix: Matrix, scores: EnsembleScores) -> None:
    request = grpc_matrix("small", matrix, raw)
    request.outputs.add(name="contributions")
    answer = stub.ModelInfer(request, timeout=_SECONDS)
    values = np.frombuffer(answer.raw_output_contents[0]) if raw else np.array(answer.outputs[0].contents.fp64_contents)
    found = values.reshape(answer.outputs[0].shape)
    np.testing.assert_allclose(found.sum(axis=1), scores.ensemble, atol=1e-6)
