"""From data to a V2 answer for both shipped ensembles: MLflow, pyfunc, REST, gRPC and local scores are one."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix, encode
from churn_models.ensemble_scores import EnsembleScores
from churn_models.ensemble_spec import load_ensemble
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference
from churn_models.scoring.scorer import load_scorer
from churn_training.datasets import find_sample_data
from support.customers import shipped_customers
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

    def matrix(self) -> Matrix:
        """The same rows, encoded here."""
        frame = self.frame()
        return encode(self.schema, {name: frame[name].to_numpy() for name in self.schema.names}).matrix

    def local_scores(self) -> EnsembleScores:
        """What the fetched bundle scores in this process."""
        return load_scorer(self.bundle).score(self.matrix())


@pytest.fixture(scope="module", params=["telco", "churn"])
def served(
    request: pytest.FixtureRequest, stack: LocalStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    shipped = Path("models") / name
    spec, schema = load_ensemble(shipped)
    shipped_customers(spec, schema).raw.to_csv(folder / "customers.csv", index=False)
    ensemble = shipped if find_sample_data(spec) else _without_gate(shipped, folder / name)
    stack.train(ensemble, "--dataset", str(folder / "customers.csv"))
    stack.promote(name)
    serving = stack.serve(f"models:/{name}@{CHAMPION}")
    version = stack.registry.resolve(ModelReference(name, alias=CHAMPION))
    bundle = stack.registry.fetch(version, folder / "bundle")
    yield Served(name, schema, folder / "customers.csv", bundle, serving)
    serving.process.stop()


def _without_gate(shipped: Path, copy: Path) -> Path:
    """The shipped ensemble for made-up customers, of whom its gate asks more than is in them."""
    shutil.copytree(shipped, copy)
    spec = yaml.safe_load((copy / "ensemble.yaml").read_text())
    del spec["gate"]
    (copy / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    return copy


def test_pyfunc_equals_the_served_answer(served: Served, stack: LocalStack) -> None:
    mlflow.set_tracking_uri(stack.tracking_uri)
    pyfunc = mlflow.pyfunc.load_model(f"models:/{served.name}@{CHAMPION}").predict(served.frame())
    answer = infer_rest(served.serving.rest_url, served.name, infer_request(served.schema, served.frame()))
    difference = float(np.abs(pyfunc - answer["churn_probability"]).max())
    assert record("pyfunc_max_diff", difference, "probability", "<= 1e-6").holds


def test_columns_by_name_equal_the_local_scores_by_rest_and_grpc(served: Served) -> None:
    local = served.local_scores()
    outputs = ["churn_probability", *(f"member.{name}" for name in local.members)]
    answer = infer_rest(served.serving.rest_url, served.name, infer_request(served.schema, served.frame(), outputs))
    np.testing.assert_allclose(answer["churn_probability"], local.ensemble, atol=1e-6)
    for name, scores in local.members.items():
        np.testing.assert_allclose(answer[f"member.{name}"], scores, atol=1e-6)
    by_grpc = infer_grpc(served.serving.grpc_target, served.name, served.schema, served.frame())
    np.testing.assert_allclose(by_grpc, local.ensemble, atol=1e-6)


def test_an_encoded_matrix_equals_the_local_scores(served: Served) -> None:
    answer = infer_rest(served.serving.rest_url, served.name, {"inputs": [_tensor(served.matrix())]})
    np.testing.assert_allclose(answer["churn_probability"], served.local_scores().ensemble, atol=1e-6)


def test_every_member_answers_by_its_own_name_in_its_stock_form(served: Served) -> None:
    scores = served.local_scores().members
    for member in served.bundle.manifest.members:
        lightgbm = member.kind is MemberKind.LIGHTGBM
        output = "predict" if lightgbm else "predict_proba"
        body = {"inputs": [_tensor(served.matrix())], "outputs": [{"name": output}]}
        answer = infer_rest(served.serving.rest_url, f"{served.name}-{member.name}", body)[output]
        probabilities = answer if lightgbm else answer.reshape(ROWS, 2)[:, 1]
        np.testing.assert_allclose(probabilities, scores[member.name], atol=1e-6)


def _tensor(matrix: Matrix) -> dict[str, Any]:
    data = [None if np.isnan(value) else float(value) for value in matrix.ravel()]
    return {"name": "rows", "shape": list(matrix.shape), "datatype": "FP32", "data": data}
