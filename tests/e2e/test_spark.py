"""Scores on an existing Spark: `mlflow.pyfunc.spark_udf` of the champion of a real MLflow, in Spark's local mode."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from churn_models.encoding import encode
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.evaluator.load import load_evaluator
from churn_training.datasets import Dataset
from churn_training.publish import publish
from churn_training.train import train
from support.debian_package import installed
from support.figures import record
from support.local_stack import LocalStack

NAME = "sparked"
SECONDS = 300
CLIENT = Path("tests/e2e/spark/score_by_spark.py").resolve()


def test_spark_scores_what_the_evaluator_does(
    stack: LocalStack, spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    installed("java", "default-jre-headless")
    trained = train(spec.renamed(NAME), telco_schema, dataset, seed=0, output=tmp_path)
    publish(trained.folder, stack.tracking_uri)
    stack.promote(NAME)
    customers = dataset.raw.copy()
    customers.loc[0, "Contract"] = "Decade"
    customers.loc[1, ["tenure", "Contract"]] = None
    customers.to_parquet(tmp_path / "in.parquet", index=False)

    words = [f"models:/{NAME}@champion", str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet")]
    ended = subprocess.run(
        [sys.executable, str(CLIENT), *words],
        env=dict(stack.environment),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-5000:]
    scored = pd.read_parquet(tmp_path / "out.parquet").set_index("customerID").loc[customers["customerID"]]
    matrix = encode(telco_schema, {name: customers[name].to_numpy() for name in telco_schema.names}).matrix
    wanted = load_evaluator(trained.bundle).score(matrix).ensemble
    difference = float(np.abs(scored["churn_probability"].to_numpy() - wanted).max())
    assert record("spark_udf_max_diff", difference, "probability", "<= 1e-12").holds
    assert scored["compiled"].all()
