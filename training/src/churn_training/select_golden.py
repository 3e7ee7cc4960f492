"""Which customers become golden rows: holdout rows as they are, and some with every kind of gap.

The runtimes score them before they are ready, so they must reach the branches that clean data never take.
"""

import math

import numpy as np
import pandas as pd
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from numpy.typing import NDArray

Row = dict[str, str | float | None]

_CLEAN_ROWS = 48
_UNSEEN = "never seen in training"


def select_golden(schema: FeatureSchema, table: pd.DataFrame, holdout: NDArray[np.int64], seed: int) -> list[Row]:
    """Raw rows by feature name: clean ones, one per feature without its value, one per category unseen, one empty."""
    positions = np.random.default_rng(seed).permutation(holdout)[:_CLEAN_ROWS]
    clean = [_raw_row(schema, table.iloc[position]) for position in positions]
    first = clean[0]
    gaps: list[Row] = [{**first, name: None} for name in schema.names]
    unseen: list[Row] = [
        {**first, feature.name: _UNSEEN} for feature in schema.features if isinstance(feature, CategoricalFeature)
    ]
    return [*clean, *gaps, *unseen, dict.fromkeys(schema.names)]


def _raw_row(schema: FeatureSchema, row: "pd.Series[str]") -> Row:
    return {name: _json_value(row[name]) for name in schema.names}


def _json_value(value: str | float | None) -> str | float | None:
    if isinstance(value, str):
        return value
    return None if value is None or math.isnan(value) else float(value)
