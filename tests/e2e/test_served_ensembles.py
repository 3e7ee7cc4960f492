"""From data to a V2 answer for both shipped ensembles: MLflow, pyfunc, REST, gRPC and local scores are one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle, open_bundle
from churn_models.combine import Scores
from churn_models.encoding import encode
from churn_models.ensemble_spec import load_ensemble
from churn_models.feature_schema import FeatureSchema
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference
from churn_models.scoring.scorer import load_scorer
from churn_training.datasets import open_dataset
from support.figures import record
from support.local_stack import LocalStack, Serving
from support.v2_client import infer_grpc, infer_request, infer_rest

ROWS = 500


@dataclass(frozen=True)
class Served:
    """One ensemble from its data to its server."""

    name: str
    schema: FeatureSchema
    csv: Path
    bundle: Bundle
    serving: Serving

    def frame(self) -> pd.DataFrame:
        """What pd.read_csv gives: integer columns stay integers, a blank makes its column text."""
        return pd.read_csv(self.csv).head(ROWS)


@pytest.fixture(scope="module", params=["telco", "churn"])
def served(
    request: pytest.FixtureRequest, stack: LocalStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    spec, schema = load_ensemble(Path("models") / name)
    raw = open_dataset(None, spec, schema).raw
    raw.to_csv(folder / "customers.csv", index=False)
    stack.train(name, "--dataset", str(folder / "customers.csv"))
    stack.promote(name)
    serving = stack.serve(f"models:/{name}@{CHAMPION}")
    version = stack.registry.resolve(ModelReference(name, alias=CHAMPION))
    bundle = stack.registry.fetch(version, folder / "bundle")
    yield Served(name, schema, folder / "customers.csv", bundle, serving)
    serving.process.stop()


def _local(served: Served) -> tuple[Scores, dict[str, Scores]]:
    frame = served.frame()
    matrix = encode(served.schema, {name: frame[name].to_numpy() for name in served.schema.names}).matrix
    scores = load_scorer(open_bundle(served.bundle.folder)).score(matrix)
    return scores.ensemble, dict(scores.members)


def test_pyfunc_equals_the_served_answer(served: Served, stack: LocalStack) -> None:
    mlflow.set_tracking_uri(stack.tracking_uri)
    pyfunc = mlflow.pyfunc.load_model(f"models:/{served.name}@{CHAMPION}").predict(served.frame())
    answer = infer_rest(served.serving.rest_url, served.name, infer_request(served.schema, served.frame()))
    difference = float(np.abs(pyfunc - answer["churn_probability"]).max())
    assert record("pyfunc_max_diff", difference, "probability", "<= 1e-6").holds


def test_rest_and_grpc_and_both_input_forms_equal_the_local_scores(served: Served) -> None:
    expected, members = _local(served)
    frame = served.frame()
    outputs = ["churn_probability", *(f"member.{name}" for name in members)]
    by_name = infer_rest(served.serving.rest_url, served.name, infer_request(served.schema, frame, outputs))
    np.testing.assert_allclose(by_name["churn_probability"], expected, atol=1e-6)
    for name, scores in members.items():
        np.testing.assert_allclose(by_name[f"member.{name}"], scores, atol=1e-6)
    by_grpc = infer_grpc(served.serving.grpc_target, served.name, served.schema, frame)
    np.testing.assert_allclose(by_grpc, expected, atol=1e-6)
    matrix = encode(served.schema, {name: frame[name].to_numpy() for name in served.schema.names}).matrix[:50]
    matrix = matrix[~np.isnan(matrix).any(axis=1)]
    tensor = {"name": "rows", "shape": list(matrix.shape), "datatype": "FP32", "data": matrix.ravel().tolist()}
    by_matrix = infer_rest(served.serving.rest_url, served.name, {"inputs": [tensor]})["churn_probability"]
    clean = ~np.isnan(
        encode(served.schema, {name: frame[name].to_numpy() for name in served.schema.names}).matrix[:50]
    ).any(axis=1)
    np.testing.assert_allclose(by_matrix, expected[:50][clean], atol=1e-6)


def test_every_member_answers_by_its_own_name(served: Served) -> None:
    _, members = _local(served)
    frame = served.frame()
    matrix = encode(served.schema, {name: frame[name].to_numpy() for name in served.schema.names}).matrix[20:25]
    tensor = {"name": "rows", "shape": list(matrix.shape), "datatype": "FP32", "data": matrix.ravel().tolist()}
    for member in served.bundle.manifest.members:
        output = "predict" if member.kind == "lightgbm" else "predict_proba"
        body = {"inputs": [tensor], "outputs": [{"name": output}]}
        answer = infer_rest(served.serving.rest_url, f"{served.name}-{member.name}", body)[output]
        scores = answer if member.kind == "lightgbm" else answer.reshape(len(matrix), 2)[:, 1]
        np.testing.assert_allclose(scores, members[member.name][20:25], atol=1e-6)
