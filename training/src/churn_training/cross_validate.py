"""`python -m churn_training evaluate`: how good an ensemble is on rows that none of its fits has seen."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.ensemble_spec import USUAL_THRESHOLD, EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.fit_ensemble import fit_ensemble
from churn_training.learners.registry import check_members
from churn_training.metrics import Metric, measure
from churn_training.progress import say
from churn_training.split import folds as folds_of
from churn_training.split import matured
from churn_training.training_data import TrainingData
from churn_training.validate import validate


@dataclass(frozen=True)
class CrossValidation:
    """Every metric's mean over the folds of all seeds, and its standard deviation over the seeds' means."""

    folds: int
    seeds: int
    mean: dict[Metric, float]
    deviation: dict[Metric, float]


def cross_validate(
    spec: EnsembleSpec, schema: FeatureSchema, raw: pd.DataFrame, folds: int, seeds: int
) -> CrossValidation:
    """Cross-validation of the whole fit, stack weights included, forward in time where the schema names it.

    Raises DataInvalid, SpecError.
    """
    check_members(spec)
    data = TrainingData.from_table(schema, validate(schema, raw))
    mature = matured(data)
    if waiting := int((~mature).sum()):
        say(f"{spec.name}: {waiting} rows wait for their class (label_delay) and are not used")
        data = data.rows(np.flatnonzero(mature))
    by_seed = []
    for seed in range(seeds):
        say(f"{spec.name}: seed {seed + 1} of {seeds}")
        figures = pd.DataFrame(_fold_figures(spec, data, folds, seed))
        by_seed.append(figures.mean())
    table = pd.DataFrame(by_seed)
    return CrossValidation(
        folds=folds,
        seeds=seeds,
        mean={metric: float(table[metric].mean()) for metric in Metric},
        deviation={metric: float(np.std(table[metric])) for metric in Metric},
    )


def _fold_figures(spec: EnsembleSpec, data: TrainingData, folds: int, seed: int) -> Iterator[dict[Metric, float]]:
    for fitted, left_out in folds_of(data, folds, seed):
        ensemble = fit_ensemble(spec, data.rows(fitted), seed)
        threshold = spec.threshold.at or USUAL_THRESHOLD
        yield measure(data.target[left_out], ensemble.score(data.matrix[left_out]), threshold)
