"""Customers of a made-up schema as encoded rows, and the reference.json of such rows, without a training."""

from typing import NamedTuple

import numpy as np
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
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

_USED = Importance(mean=0.01, standard_error=0.001, used=True)


class Rows(NamedTuple):
    """Encoded rows `[rows, features]` and P(churn) `[rows]`."""

    matrix: Matrix
    scores: NDArray[np.float64]


def drift_schema(numeric: int = 2, categories: tuple[int, ...] = (3,)) -> FeatureSchema:
    """So many numbers, of which every second one is whole, and categorical features of so many categories."""
    features: list[Feature] = [NumericFeature(name=f"n{place}", nullable=True) for place in range(numeric)]
    for place, size in enumerate(categories):
        words = tuple(f"w{word}" for word in range(size))
        features.append(CategoricalFeature(name=f"c{place}", nullable=True, categories=words))
    return FeatureSchema(features=tuple(features), target=Target(name="churn", positive=("1",), negative=("0",)))


def drift_rows(schema: FeatureSchema, rows: int, seed: int, missing: float = 0.0, shift: float = 0.0) -> Rows:
    """Numbers of a normal distribution, moved by `shift` of its deviations, and skewed categories."""
    generator = np.random.default_rng(seed)
    matrix = np.empty((rows, len(schema.features)), dtype=np.float32)
    for place, feature in enumerate(schema.features):
        if isinstance(feature, CategoricalFeature):
            weights = 1.0 / np.arange(1, len(feature.categories) + 1)
            matrix[:, place] = generator.choice(len(weights), rows, p=weights / weights.sum())
        else:
            values = generator.normal(50 + 10 * shift, 10, rows)
            matrix[:, place] = np.rint(values) if place % 2 else values
    matrix[generator.random(matrix.shape) < missing] = np.nan
    return Rows(matrix, generator.beta(2, 5, rows))


def drift_reference(schema: FeatureSchema, rows: Rows) -> Reference:
    """What training would write of these rows."""
    features = {
        feature.name: _feature_reference(feature, rows.matrix[:, place])
        for place, feature in enumerate(schema.features)
    }
    histogram = _histogram(rows.scores, 20)
    scores = ScoreReference(
        raw=histogram,
        calibrated=histogram,
        calibration=CalibrationMap(scores=(0.0, 0.5, 1.0), observed=(0.0, 0.4, 1.0)),
        disagreement=Histogram(edges=(), counts=(len(rows.scores),)),
    )
    return Reference(rows=len(rows.matrix), features=features, scores=scores, metrics={})


def _feature_reference(feature: Feature, column: NDArray[np.float32]) -> FeatureReference:
    known = column[~np.isnan(column)].astype(np.float64)
    ratio = 1 - len(known) / len(column)
    if isinstance(feature, CategoricalFeature):
        counts = np.bincount(known.astype(int), minlength=len(feature.categories))
        return CategoricalReference(
            n=len(known),
            missing_ratio=ratio,
            unseen_ratio=0.0,
            counts=dict(zip(feature.categories, counts.tolist(), strict=True)),
            commonest_ratio=float(counts.max() / len(known)),
            importance=_USED,
        )
    return NumericReference(
        n=len(known),
        missing_ratio=ratio,
        histogram=_histogram(known, 64),
        sum=float(known.sum()),
        sum_of_squares=float(np.square(known).sum()),
        low=float(known.min()),
        high=float(known.max()),
        quantiles=tuple(np.quantile(known, QUANTILES).tolist()),
        commonest_ratio=float(np.unique(known, return_counts=True)[1].max() / len(known)),
        importance=_USED,
    )


def _histogram(values: NDArray[np.float64], bins: int) -> Histogram:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts_between(edges, values).tolist()))
