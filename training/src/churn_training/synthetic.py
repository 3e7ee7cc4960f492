"""Customers made up for any schema, for machines without real data: the best possible AUC is known.

Each feature gets a random effect on the log-odds of churn; the label is drawn from the resulting probability,
so no model can rank better than that probability itself does.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.numeric_feature import NumericFeature
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

_MISSING = 0.01
_CHURN_RATE = 0.2
_TREATED = 0.1
_SIGNAL = 2.0
_EFFECTS_SEED = 20


@dataclass(frozen=True)
class SyntheticData:
    """A raw table like one read from a file, and the AUC of the probabilities that drew its labels."""

    raw: pd.DataFrame
    best_auc: float


def synthesize(schema: FeatureSchema, rows: int, seed: int) -> SyntheticData:
    """Make `rows` customers; the same seed makes the same ones, and all seeds share one relation to churn."""
    generator = np.random.default_rng(seed)
    effects = np.random.default_rng(_EFFECTS_SEED)
    columns: dict[str, object] = {}
    odds = np.zeros(rows)
    for feature in schema.features:
        values, effect = _draw(feature, rows, generator, effects)
        columns[feature.name] = values
        odds += effect
    odds = _SIGNAL * (odds - odds.mean()) / odds.std()
    probability = 1 / (1 + np.exp(-(odds - np.quantile(odds, 1 - _CHURN_RATE))))
    churned = generator.random(rows) < probability
    columns[schema.target.name] = np.where(churned, schema.target.positive[0], schema.target.negative[0])
    if schema.identity:
        columns[schema.identity] = [f"synthetic-{number:07d}" for number in range(rows)]
    if schema.time:
        columns[schema.time] = _times(schema, rows)
    if schema.treated:
        columns[schema.treated] = np.where(generator.random(rows) < _TREATED, "yes", "no")
    raw = pd.DataFrame(columns)[list(schema.columns)]
    return SyntheticData(raw, float(roc_auc_score(churned, probability)))


def _times(schema: FeatureSchema, rows: int) -> object:
    if isinstance(schema.label_delay, float):
        return np.arange(rows)
    newest = pd.Timestamp("2026-01-01", tz="UTC")
    return [moment.isoformat() for moment in pd.date_range(end=newest, periods=rows, freq="h")]


def _draw(
    feature: Feature, rows: int, generator: np.random.Generator, effects: np.random.Generator
) -> tuple[object, NDArray[np.float64]]:
    if isinstance(feature, CategoricalFeature):
        codes = generator.integers(len(feature.categories), size=rows)
        return np.array(feature.categories)[codes], effects.normal(size=len(feature.categories))[codes]
    values, standard = _draw_numbers(feature, rows, generator)
    return values, effects.normal() * standard


def _draw_numbers(
    feature: NumericFeature, rows: int, generator: np.random.Generator
) -> tuple[object, NDArray[np.float64]]:
    low, high = (feature.allowed.low, feature.allowed.high) if feature.allowed else (0.0, 100.0)
    share = generator.beta(2, 4, size=rows)
    values = pd.Series(np.round(low + share * (high - low), 2))
    if feature.nullable:
        values[generator.random(rows) < _MISSING] = np.nan
    return values, (share - share.mean()) / share.std()
