"""`cbpe_auc_error`: how far the AUC that scores promise, calibrated out of fold, is from the true one.

CBPE (NannyML's confidence-based performance estimation): calibrated scores say how many of the customers above and
below each other churn, and so the expected AUC without any class. On telco, over 5 seeds, each with another half of
the customers left out of fit and calibration; the error is of both halves of a seed taken together.
"""

from pathlib import Path

import numpy as np
from churn_models.combine import Scores
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_training.build_reference import score_reference
from churn_training.datasets import find_sample_data, open_dataset
from churn_training.fit_ensemble import fit_ensemble
from churn_training.out_of_fold import score_out_of_fold
from churn_training.split import folds
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from sklearn.metrics import roc_auc_score
from support.figures import record

_SEEDS = 5
_FOLDS = 2


def measure() -> None:
    """Record the mean absolute error over the seeds, and print that of the raw scores beside it."""
    spec, schema = load_ensemble(Path("models/telco"))
    if not find_sample_data(spec):
        print("  no telco.csv in CHURN_DATA_DIR or ../shared/data: not measured")
        return
    data = TrainingData.from_table(schema, validate(schema, open_dataset(None, spec, schema).raw))
    errors = np.abs([_errors(spec, data, seed) for seed in range(_SEEDS)])
    print(f"  raw scores: {errors[:, 1].mean():.4f}")
    print(record("cbpe_auc_error", float(errors[:, 0].mean()), "AUC", "<= 0.006"))


def promised_auc(scores: Scores, probabilities: Scores) -> float:
    """The expected AUC of `scores` for customers who churn with these probabilities, each by itself."""
    order = np.argsort(scores, kind="stable")
    churn, stay = probabilities[order], 1 - probabilities[order]
    below = np.cumsum(stay) - stay
    return float(np.sum(churn * below) / (churn.sum() * stay.sum() - np.sum(churn * stay)))


def _errors(spec: EnsembleSpec, data: TrainingData, seed: int) -> tuple[float, float]:
    promised, given = [], []
    for known, unseen in folds(data, _FOLDS, seed):
        fitted, judged = data.rows(known), data.rows(unseen)
        left_out = score_out_of_fold(spec, fitted, seed)
        ensemble = fit_ensemble(spec, fitted, seed, left_out)
        found = score_reference(left_out.members, ensemble.join(left_out.members), left_out.target).calibration
        scores = ensemble.score(judged.matrix)
        calibrated = np.interp(scores, found.scores, found.observed)
        promised.append((promised_auc(scores, calibrated), promised_auc(scores, scores)))
        given.append(float(roc_auc_score(judged.target, scores)))
    difference = np.mean(promised, axis=0) - np.mean(given)
    return float(difference[0]), float(difference[1])
