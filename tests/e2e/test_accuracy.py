"""`make evaluate`: 5 folds, 5 seeds, against the figures that the shipped ensembles have to reach; `make test`: 1 seed.

On a machine without real data the synthetic set stands in, whose best possible AUC is known.
"""

from pathlib import Path

import pytest
from churn_models.ensemble_spec import load_ensemble
from churn_training.cli import print_cross_validation
from churn_training.cross_validate import CrossValidation, cross_validate
from churn_training.datasets import find_sample_data, open_dataset
from churn_training.metrics import Metric
from churn_training.synthetic import synthesize
from support.figures import record

FOLDS = 5


@pytest.mark.parametrize(
    ("name", "accuracy", "auc"),
    [pytest.param("telco", 0.802, 0.846, id="telco"), pytest.param("churn", 0.958, 0.917, id="churn")],
)
def test_shipped_ensembles_reach_their_figures(
    name: str, accuracy: float, auc: float, request: pytest.FixtureRequest
) -> None:
    spec, schema = load_ensemble(Path("models") / name)
    print(f"\n{spec.model_dump_json(indent=1, exclude={'gate', 'sample_data'})}")
    if not find_sample_data(spec):
        made = synthesize(schema, 2000, seed=0)
        found = cross_validate(spec, schema, made.raw, FOLDS, seeds=1)
        assert found.mean[Metric.AUC] >= made.best_auc - 0.06
        return
    found = cross_validate(spec, schema, open_dataset(None, spec, schema).raw, FOLDS, request.config.getoption("seeds"))
    print_cross_validation(name, found)
    _record(name, found, accuracy, auc)


def _record(name: str, found: CrossValidation, accuracy: float, auc: float) -> None:
    reached = [
        record(f"{name}_accuracy", found.mean[Metric.ACCURACY], "share", f">= {accuracy}"),
        record(f"{name}_auc", found.mean[Metric.AUC], "AUC", f">= {auc}"),
    ]
    assert all(figure.holds for figure in reached), reached
