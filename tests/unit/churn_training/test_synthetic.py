"""Made-up customers: valid by their schema, repeatable, and with a best AUC that is really the best."""

from pathlib import Path

import pandas as pd
import pytest
from churn_models.ensemble_spec import load_ensemble
from churn_training.fit_ensemble import fit_ensemble
from churn_training.metrics import Metric, measure
from churn_training.synthetic import synthesize
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.small_ensemble import small_spec


@pytest.mark.parametrize("folder", ["telco", "churn"])
def test_they_pass_validation_and_repeat(folder: str) -> None:
    _, schema = load_ensemble(Path("models") / folder)
    made = synthesize(schema, rows=500, seed=4)
    validate(schema, made.raw)
    pd.testing.assert_frame_equal(made.raw, synthesize(schema, rows=500, seed=4).raw)
    assert not made.raw.equals(synthesize(schema, rows=500, seed=5).raw)


def test_a_model_learns_them_and_does_not_beat_the_best_auc() -> None:
    _, schema = load_ensemble(Path("models/telco"))
    fitted = TrainingData.from_table(schema, validate(schema, synthesize(schema, rows=4000, seed=1).raw))
    unseen = synthesize(schema, rows=4000, seed=2)
    test = TrainingData.from_table(schema, validate(schema, unseen.raw))
    auc = measure(test.target, fit_ensemble(small_spec(), fitted, seed=0).score(test.matrix))[Metric.AUC]
    assert unseen.best_auc - 0.1 < auc <= unseen.best_auc + 0.005
