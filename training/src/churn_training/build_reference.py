"""What drift detection will compare traffic with: the training rows in counts, a sample of them, and their scores."""

from typing import Any

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, Feature
from churn_models.reference import (
    QUANTILES,
    CalibrationMap,
    CategoricalReference,
    FeatureReference,
    Histogram,
    Importance,
    NumericReference,
    Reference,
    ScoreReference,
)
from churn_models.score_shift import counts_between
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from churn_training.partners import partners
from churn_training.split import Positions
from churn_training.stretches import spread_of_share, stretches
from churn_training.training_data import Target, TrainingData

_FEATURE_BINS = 64
"""With 20, one Kolmogorov-Smirnov decision in 45 differed from that on the rows themselves; with 64, one in 100."""
_SCORE_BINS = 20
"""Few, because the population stability index of a small window grows with the bins by chance alone."""
_SAMPLE_ROWS = 1000
_STRETCH_ROWS = 1000
"""As many as a window of the drift sidecars has by default."""


def reference_of(
    train: TrainingData, scores: ScoreReference, importances: dict[str, Importance], metrics: dict[str, float]
) -> Reference:
    """Features from the training rows, the rest as it was found."""
    parts = stretches(train.times, _STRETCH_ROWS)
    features = {
        feature.name: _feature_reference(feature, train.matrix[:, position], importances[feature.name], parts)
        for position, feature in enumerate(train.schema.features)
    }
    by_use = sorted(importances, key=lambda name: -importances[name].mean)
    for name, (partner, joint) in partners(train.schema, train.matrix, by_use).items():
        known = {"partner": partner, "joint": tuple(map(tuple, joint.tolist()))}
        features[name] = features[name].model_copy(update=known)
    return Reference(rows=len(train.target), features=features, scores=scores, metrics=metrics)


def score_reference(members: Scores, scores: Scores, target: Target) -> ScoreReference:
    """What out-of-fold scores say: members `[rows, members]`, joined scores and classes `[rows]`."""
    calibration = _calibration_map(scores, target)
    calibrated = np.interp(scores, calibration.scores, calibration.observed)
    return ScoreReference(
        raw=_histogram(scores, _SCORE_BINS),
        calibrated=_histogram(calibrated, _SCORE_BINS),
        calibration=calibration,
        disagreement=_histogram(members.std(axis=1), _SCORE_BINS),
    )


def reference_sample(train: TrainingData, seed: int) -> Matrix:
    """Encoded training rows for detectors that need rows rather than counts."""
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(train.target), min(_SAMPLE_ROWS, len(train.target)), replace=False)
    return train.matrix[np.sort(chosen)]


def _feature_reference(
    feature: Feature, values: Matrix, importance: Importance, parts: list[Positions]
) -> FeatureReference:
    missing = np.isnan(values)
    spread = spread_of_share(missing, parts)
    known = values[~missing].astype(np.float64)
    ratio = float(missing.mean())
    if isinstance(feature, CategoricalFeature):
        counts = np.bincount(known.astype(int), minlength=len(feature.categories))
        return CategoricalReference(
            n=len(known),
            missing_ratio=ratio,
            missing_spread=spread,
            unseen_ratio=0.0,  # validation refuses a word that the schema does not list
            counts=dict(zip(feature.categories, map(int, counts), strict=True)),
            commonest_ratio=float(counts.max() / max(1, len(known))),
            importance=importance,
        )
    return NumericReference(
        n=len(known),
        missing_ratio=ratio,
        missing_spread=spread,
        histogram=_histogram(known, _FEATURE_BINS),
        sum=float(known.sum()),
        sum_of_squares=float(np.square(known).sum()),
        low=float(known.min()) if len(known) else None,
        high=float(known.max()) if len(known) else None,
        quantiles=tuple(map(float, np.quantile(known, QUANTILES))) if len(known) else (),
        commonest_ratio=float(np.unique(known, return_counts=True)[1].max() / len(known)) if len(known) else 0.0,
        importance=importance,
    )


def _histogram(values: NDArray[np.floating[Any]], bins: int) -> Histogram:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])) if len(values) else np.empty(0)
    counts = counts_between(edges, values)
    return Histogram(edges=tuple(map(float, edges)), counts=tuple(map(int, counts)))


def _calibration_map(scores: Scores, target: Target) -> CalibrationMap:
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, target)
    return CalibrationMap(
        scores=tuple(map(float, isotonic.X_thresholds_)), observed=tuple(map(float, isotonic.y_thresholds_))
    )
