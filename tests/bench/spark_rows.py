"""The same customers scored by Spark, of a model in a real MLflow: `bench.score` states it beside its own figures."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from churn_training.publish import publish
from churn_training.train import Trained
from support.local_stack import LocalStack

_ROWS = 100_000
_CLIENT = Path(__file__).parent / "peers" / "spark_udf.py"


def scored_by_spark(trained: Trained, source: Path, folder: Path, core: int) -> dict[str, Any]:
    """Rows, seconds and processor seconds of `mlflow.pyfunc.spark_udf`. Raises CalledProcessError."""
    some = folder / "some.parquet"
    pd.read_parquet(source).head(_ROWS).to_parquet(some, index=False)
    with LocalStack(folder / "stack") as stack:
        stack.start_mlflow()
        stack.wait_for_mlflow()
        publish(trained.folder, stack.tracking_uri)
        model = trained.bundle.manifest.model
        stack.promote(model)
        command = [sys.executable, str(_CLIENT), f"models:/{model}@champion", str(some), str(core)]
        ended = subprocess.run(
            command, env=dict(stack.environment), stdout=subprocess.PIPE, text=True, check=True, start_new_session=True
        )
    used: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return used
