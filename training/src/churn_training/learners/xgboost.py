"""Gradient boosting (Chen and Guestrin, 2016) by XGBoost."""

from pathlib import Path

import xgboost

from churn_training.learners.fitted_member import THREADS, FittedMember, Parameters
from churn_training.training_data import TrainingData


def fit_xgboost(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows; each split learns where missing values go."""
    classifier = xgboost.XGBClassifier(**parameters, n_jobs=THREADS, random_state=seed)
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def _write(classifier: xgboost.XGBClassifier, path: Path) -> None:
    classifier.save_model(path)
