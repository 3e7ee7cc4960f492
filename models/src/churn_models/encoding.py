"""The one encoding: from columns as people write them to the matrix that members score.

Training, pyfunc, serving and the drift sidecar all call `encode`; nothing else turns a customer into numbers.
Numeric: float32, missing (None, NaN, blank text) as NaN. Categorical: the position in the schema's
categories, missing as NaN, unseen as NaN and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import EncodingError
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema, NumericFeature

Matrix = NDArray[np.float32]
Column = Sequence[Any] | NDArray[Any]

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Encoded:
    """`matrix` is float32 `[rows, features]` in schema order; `unseen` counts unknown categories by feature."""

    matrix: Matrix
    unseen: Mapping[str, int]


def encode(schema: FeatureSchema, columns: Mapping[str, Column]) -> Encoded:
    """Encode equally long columns given by feature name; columns that are no feature are ignored.

    Raises EncodingError for a missing column, columns of different lengths, or a number that is none.
    """
    if missing := [name for name in schema.names if name not in columns]:
        raise EncodingError(f"missing columns: {', '.join(missing)}")
    lengths = {name: len(columns[name]) for name in schema.names}
    if len(set(lengths.values())) > 1:
        raise EncodingError(f"columns of different lengths: {lengths}")
    matrix = np.empty((next(iter(lengths.values())), len(schema.features)), dtype=np.float32)
    unseen: dict[str, int] = {}
    for position, feature in enumerate(schema.features):
        matrix[:, position], unknown = _encode_column(feature, columns[feature.name])
        if unknown:
            unseen[feature.name] = unknown
    return Encoded(matrix, unseen)


def category_text(value: Any) -> str | None:
    """The one spelling of a categorical value: 1, 1.0 and "1" are the same; None when it is missing."""
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return None
    if isinstance(value, bytes):
        value = _decode(value)
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).strip() or None


def _encode_column(feature: Feature, values: Column) -> tuple[Matrix, int]:
    if isinstance(feature, CategoricalFeature):
        return _encode_categorical(feature, values)
    return _encode_numeric(feature, values), 0


def _encode_categorical(feature: CategoricalFeature, values: Column) -> tuple[Matrix, int]:
    codes = {category: float(code) for code, category in enumerate(feature.categories)}
    texts = [category_text(value) for value in values]
    unknown = sum(text is not None and text not in codes for text in texts)
    encoded = [np.nan if text is None else codes.get(text, np.nan) for text in texts]
    return np.asarray(encoded, dtype=np.float32), unknown


def _encode_numeric(feature: NumericFeature, values: Column) -> Matrix:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        numbers = values.astype(np.float64)
    else:
        numbers = np.asarray([_number(feature.name, value) for value in values], dtype=np.float64)
    if np.any(np.abs(numbers) > _LARGEST):
        raise EncodingError(f"column {feature.name}: infinite, or too large for float32")
    return numbers.astype(np.float32)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bytes):
        value = _decode(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise EncodingError(f"column {name}: {value!r} is not a number") from error


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError(f"{value!r} is not UTF-8 text") from error
