"""The one encoding: from columns as people write them to the matrix that members score.

Training, pyfunc, serving and the drift sidecar all call `encode`; nothing else turns a customer into numbers.
Numeric: float32, missing as NaN. Categorical: the position in the schema's categories, missing as NaN, unseen as
NaN and counted. `spelling` says what is missing and which word a value means. A feature of the stream is a number
whose column may be absent: whoever has no states of customers sends none, and all of its values are missing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_models.cells import Cells
from churn_models.errors import EncodingError
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_models.spelling import UNKNOWN, Vocabulary, match_names, nearest_names, number_of
from churn_models.stream_features.stream_feature import StreamFeature

Matrix = NDArray[np.float32]
Column = Sequence[Any] | NDArray[Any] | Cells
"""Of values, or of the distinct ones of a table's column: the same rows give the same numbers."""

_LARGEST = float(np.finfo(np.float32).max)


class Encoded(NamedTuple):
    """`matrix` is float32 `[rows, features]` in schema order; `unseen` counts unknown categories by feature.

    No dataclass, because each request makes one: a frozen one sets its fields by calls.
    """

    matrix: Matrix
    unseen: Mapping[str, int]


def encode(schema: FeatureSchema, columns: Mapping[str, Column]) -> Encoded:
    """Encode equally long columns given by feature name (see `match_names`); columns that are no feature are ignored.

    Raises EncodingError for a missing column, columns of different lengths, or a number that is none.
    """
    given = match_names(schema.names, columns)
    if missing := [one.name for one in schema.features if one.name not in given and not isinstance(one, StreamFeature)]:
        raise EncodingError(f"missing columns: {', '.join(_with_nearest(name, columns) for name in missing)}")
    lengths = {name: len(columns[found]) for name, found in given.items()}
    if len(set(lengths.values())) > 1:
        raise EncodingError(f"columns of different lengths: {lengths}")
    matrix = np.full((next(iter(lengths.values())), len(schema.features)), np.nan, dtype=np.float32)
    unseen: dict[str, int] = {}
    for position, feature in enumerate(schema.features):
        if feature.name not in given:
            continue
        matrix[:, position], unknown = _encode_column(schema, feature, columns[given[feature.name]])
        if unknown:
            unseen[feature.name] = unknown
    return Encoded(matrix, unseen)


def _with_nearest(name: str, columns: Iterable[str]) -> str:
    near = nearest_names(name, columns)
    return f"{name} (there is {', '.join(near)})" if near else name


def _encode_column(schema: FeatureSchema, feature: Feature, values: Column) -> tuple[Matrix, int]:
    if isinstance(feature, CategoricalFeature):
        return _encode_categorical(schema.vocabularies[feature.name], values)
    return _encode_numeric(feature, values, schema.missing_markers), 0


def _encode_categorical(vocabulary: Vocabulary, values: Column) -> tuple[Matrix, int]:
    if isinstance(values, Cells):
        distinct = values.distinct_places(vocabulary)
        return _codes(distinct)[values.codes], int(np.count_nonzero(values.rows(distinct == UNKNOWN)))
    places = np.asarray(vocabulary.places(values))
    return _codes(places), int(np.count_nonzero(places == UNKNOWN))


def _codes(places: NDArray[np.integer[Any]]) -> Matrix:
    return np.where(places < 0, np.float32(np.nan), places.astype(np.float32))


def _encode_numeric(feature: NumericFeature, values: Column, missing: Collection[str]) -> Matrix:
    numbers = _numbers(feature, values, missing)
    if np.any(np.abs(numbers) > _LARGEST):
        raise EncodingError(f"column {feature.name}: infinite, or too large for float32")
    return numbers.astype(np.float32)


def _numbers(feature: NumericFeature, values: Column, missing: Collection[str]) -> NDArray[np.float64]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64)
    distinct = values.distinct if isinstance(values, Cells) else values
    numbers = np.asarray([*(_number(feature.name, value, missing) for value in distinct), np.nan], dtype=np.float64)
    # The last one stands for a gap, which Cells call -1.
    return numbers[values.codes] if isinstance(values, Cells) else numbers[:-1]


def _number(name: str, value: Any, missing: Collection[str]) -> float:
    try:
        return number_of(value, missing)
    except (TypeError, ValueError, OverflowError) as error:
        raise EncodingError(f"column {name}: {value!r} is not a number") from error
