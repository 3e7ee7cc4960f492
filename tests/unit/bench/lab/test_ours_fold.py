"""What the bench asks for single rows scores as what was fitted."""

from pathlib import Path

import numpy as np
import pandas as pd
from bench.lab.ours_fold import ask, compiled
from churn_models.combine import CombineRule
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.fit_ensemble import fit_ensemble
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.small_ensemble import small_spec


def test_the_table_that_is_asked_scores_as_the_fitted_ensemble(
    telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    table = validate(telco_schema, dataset.raw)
    data = TrainingData.from_table(telco_schema, table)
    spec = small_spec().model_copy(update={"combine": CombineRule.STACK})
    fitted = fit_ensemble(spec, data, seed=0)
    rows = pd.DataFrame(table.iloc[:20])
    columns = {str(name): rows[name].tolist() for name in telco_schema.names}
    found = ask(compiled(spec, fitted, tmp_path, data), telco_schema, columns)()
    np.testing.assert_allclose(found, fitted.score(data.matrix[:20]), atol=1e-6)
