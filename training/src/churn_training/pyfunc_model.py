"""What `mlflow.pyfunc.load_model` runs: MLflow copies this file beside the bundle (models from code, no pickle).

It takes the frame that `pd.read_csv` gives, integer columns and blank strings included, and answers P(churn).
Serving never fetches or runs it.
"""

from pathlib import Path
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from churn_models.bundle import open_bundle
from churn_models.encoding import encode
from churn_models.scoring.scorer import load_scorer
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray


class ChurnEnsemble(PythonModel):
    """The bundle behind MLflow's own interface."""

    def load_context(self, context: Any) -> None:
        """Verify and load the bundle that MLflow unpacked."""
        bundle = open_bundle(Path(context.artifacts["bundle"]))
        self._schema = bundle.schema()
        self._scorer = load_scorer(bundle)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> NDArray[np.float64]:
        """P(churn) `[rows]`; columns that are no feature are ignored."""
        columns = {str(name): model_input[name].to_numpy() for name in model_input.columns}
        return self._scorer.score(encode(self._schema, columns).matrix).ensemble


mlflow.models.set_model(ChurnEnsemble())
