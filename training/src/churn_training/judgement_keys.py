"""One number per row that says, for ever, whether the row is kept for judgement.

It depends on the customer alone, never on the model's version, name or seed, nor on the other rows: who is once
kept for judgement is never fitted. holdout.npz keeps these keys instead of identities.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import number_key
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_KEY = b"churnserve/judgement"
_HIGHEST = 2.0**64


def judgement_keys(schema: FeatureSchema, table: pd.DataFrame) -> Keys:
    """BLAKE2b (RFC 7693), keyed, of each row's identity, or of its features where there is none; uint64 `[rows]`.

    Without the class: rows that look the same are judged or fitted together, whatever became of them.
    """
    if schema.identity:
        return _hashed(map(_customer, table[schema.identity]), len(table))
    columns = (table[name] for name in sorted(schema.names))
    return _hashed(("\x1f".join(map(_text, row)) for row in zip(*columns, strict=True)), len(table))


def positions_below(keys: Keys, share: float) -> NDArray[np.bool_]:
    """Whether each key lies in the lowest `share` of all keys: the same rows, and more, for a larger share."""
    return keys < share * _HIGHEST


def _hashed(texts: Iterable[str], rows: int) -> Keys:
    return np.fromiter(map(_hash, texts), dtype=np.uint64, count=rows)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=_KEY).digest(), "big")


def _customer(identity: str) -> str:
    """One text for every way in which sources write the same number: 7, "7.0" where a column had gaps, "007"."""
    return number_key(identity) or identity


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
