"""The digest of a validated table: the same customers have the same one, whatever file or table held them."""

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
from churn_models.digest import Digest

_ROWS = 100_000


def dataset_digest(table: pd.DataFrame) -> Digest:
    """Over names and values, column by column and in blocks of rows: no second copy of the table is made.

    Numbers count by their 8 bytes, moments by microseconds, words by their position and the list of words, texts as
    JSON.
    """
    digest = hashlib.sha256()
    for name in table.columns:
        digest.update(json.dumps(str(name)).encode())
        for start in range(0, len(table), _ROWS):
            for content in _contents(table[name].iloc[start : start + _ROWS]):
                digest.update(content)
    return f"sha256:{digest.hexdigest()}"


def _contents(column: pd.Series) -> Iterator[bytes]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        yield json.dumps(list(column.cat.categories)).encode()
        yield column.cat.codes.to_numpy("<i4").tobytes()
    elif isinstance(column.dtype, pd.DatetimeTZDtype):
        yield column.dt.tz_localize(None).to_numpy("datetime64[us]").astype("<i8").tobytes()
    elif column.dtype == np.float64:
        yield np.nan_to_num(column.to_numpy("<f8"), nan=np.nan, posinf=np.inf, neginf=-np.inf).tobytes()
    elif column.dtype == np.bool_:
        yield column.to_numpy().tobytes()
    else:
        yield json.dumps(column.to_list()).encode()
