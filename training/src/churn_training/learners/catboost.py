"""Ordered boosting (Prokhorenkova et al., 2018) by CatBoost; the library comes with the extra `catboost`."""

from pathlib import Path
from typing import Any

from churn_training.errors import TrainingError
from churn_training.learners.fitted_member import THREADS, FittedMember, Parameters
from churn_training.training_data import TrainingData


def fit_catboost(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows. Raises TrainingError where the extra is not installed."""
    try:
        import catboost  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise TrainingError("a catboost member needs the extra: pip install 'churn-training[catboost]'") from error
    classifier = catboost.CatBoostClassifier(
        **parameters, thread_count=THREADS, random_seed=seed, verbose=False, allow_writing_files=False
    )
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def _write(classifier: Any, path: Path) -> None:
    classifier.save_model(str(path), format="cbm")
