"""What drift detection will compare traffic with: the training rows in counts, and a sample of them."""

from typing import Any

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, Feature
from churn_models.reference import (
    CalibrationMap,
    CategoricalReference,
    FeatureReference,
    Histogram,
    NumericReference,
    Reference,
)
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from churn_training.fit_ensemble import FittedEnsemble
from churn_training.metrics import measure
from churn_training.training_data import TrainingData

_BINS = 20
_SAMPLE_ROWS = 1000


def build_reference(ensemble: FittedEnsemble, train: TrainingData, holdout: TrainingData, seed: int) -> Reference:
    """Features from the training rows; scores, calibration and importances from the holdout."""
    scores = ensemble.score(holdout.matrix)
    importances = permutation_importances(ensemble, holdout, seed)
    features = {
        feature.name: _feature_reference(feature, train.matrix[:, position], importances[feature.name])
        for position, feature in enumerate(train.schema.features)
    }
    return Reference(
        rows=len(train.target),
        features=features,
        scores=_histogram(scores, np.linspace(0, 1, _BINS + 1)[1:-1]),
        calibration=_calibration_map(holdout, scores),
        metrics={str(metric): value for metric, value in measure(holdout.target, scores).items()},
    )


def reference_sample(train: TrainingData, seed: int) -> Matrix:
    """Encoded training rows for detectors that need rows rather than counts."""
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(train.target), min(_SAMPLE_ROWS, len(train.target)), replace=False)
    return train.matrix[np.sort(chosen)]


def permutation_importances(ensemble: FittedEnsemble, data: TrainingData, seed: int) -> dict[str, float]:
    """The AUC that is lost when one feature is shuffled (Breiman, 2001)."""
    generator = np.random.default_rng(seed)
    whole = roc_auc_score(data.target, ensemble.score(data.matrix))
    importances = {}
    for position, name in enumerate(data.schema.names):
        shuffled = data.matrix.copy()
        generator.shuffle(shuffled[:, position])
        importances[name] = float(whole - roc_auc_score(data.target, ensemble.score(shuffled)))
    return importances


def _feature_reference(feature: Feature, values: Matrix, importance: float) -> FeatureReference:
    missing = np.isnan(values)
    known = values[~missing]
    ratio = float(missing.mean())
    if isinstance(feature, CategoricalFeature):
        counts = np.bincount(known.astype(int), minlength=len(feature.categories))
        named = dict(zip(feature.categories, map(int, counts), strict=True))
        return CategoricalReference(counts=named, missing_ratio=ratio, importance=importance)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else np.empty(0)
    return NumericReference(histogram=_histogram(known, edges), missing_ratio=ratio, importance=importance)


def _histogram(values: NDArray[np.floating[Any]], edges: NDArray[np.floating[Any]]) -> Histogram:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return Histogram(edges=tuple(map(float, edges)), counts=tuple(map(int, counts)))


def _calibration_map(holdout: TrainingData, scores: Scores) -> CalibrationMap:
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, holdout.target)
    return CalibrationMap(
        scores=tuple(map(float, isotonic.X_thresholds_)), observed=tuple(map(float, isotonic.y_thresholds_))
    )
