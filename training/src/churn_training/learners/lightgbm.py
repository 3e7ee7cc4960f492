"""Gradient boosting (Ke et al., 2017) by LightGBM."""

from pathlib import Path

import lightgbm

from churn_training.learners.fitted_member import THREADS, FittedMember, Parameters
from churn_training.training_data import TrainingData


def fit_lightgbm(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows, so that the same seed gives the same file."""
    classifier = lightgbm.LGBMClassifier(
        **parameters, n_jobs=THREADS, random_state=seed, deterministic=True, force_row_wise=True, verbose=-1
    )
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def _write(classifier: lightgbm.LGBMClassifier, path: Path) -> None:
    classifier.booster_.save_model(path)
