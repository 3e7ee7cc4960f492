"""One number per row that says, for ever, whether the row is kept for judgement.

It depends on the customer alone, never on the model's version, name or seed, nor on the other rows: who is once
kept for judgement is never fitted. holdout.npz keeps these keys instead of identities.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from churn_models.feature_schema import FeatureSchema
from churn_models.identity_key import identity_key, key_of_text
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_HIGHEST = 2.0**64


def judgement_keys(schema: FeatureSchema, table: pd.DataFrame) -> Keys:
    """BLAKE2b (RFC 7693), keyed, of each row's identity, or of its features where there is none; uint64 `[rows]`.

    Without the class: rows that look the same are judged or fitted together, whatever became of them.
    """
    if schema.identity:
        return _array(map(identity_key, table[schema.identity]), len(table))
    columns = (table[name] for name in sorted(schema.names))
    return _array((key_of_text("\x1f".join(map(_text, row))) for row in zip(*columns, strict=True)), len(table))


def positions_below(keys: Keys, share: float) -> NDArray[np.bool_]:
    """Whether each key lies in the lowest `share` of all keys: the same rows, and more, for a larger share."""
    return keys < share * _HIGHEST


def _array(keys: Iterable[int], rows: int) -> Keys:
    return np.fromiter(keys, dtype=np.uint64, count=rows)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
