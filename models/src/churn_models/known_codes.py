"""Which codes a matrix of encoded features may hold, for whoever takes one from outside.

The runtimes ask for every matrix that a client sends, so one row takes less than a microsecond.
"""

from collections.abc import Mapping

import numpy as np

from churn_models.encoding import Encoded, Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema

_FEW_ROWS = 4
"""Up to here a look at each value takes less time than NumPy's calls."""
_NOTHING: Mapping[str, int] = {}


class KnownCodes:
    """The whole numbers from 0 to the last category's of each categorical feature, and NaN for missing."""

    def __init__(self, schema: FeatureSchema) -> None:
        sizes = {
            place: len(feature.categories)
            for place, feature in enumerate(schema.features)
            if isinstance(feature, CategoricalFeature)
        }
        self._names = [schema.names[place] for place in sizes]
        self._places = list(sizes)
        self._last = np.array(list(sizes.values()), dtype=np.float32) - 1
        # One for each column, so that a whole matrix is looked at without taking it apart; numbers count as 0 there.
        self._categorical = np.array([place in sizes for place in range(len(schema.names))], dtype=np.float32)
        self._last_of_all = np.array([sizes.get(place, 1) - 1 for place in range(len(schema.names))], dtype=np.float32)
        self._sets = [(place, frozenset(map(float, range(size)))) for place, size in sizes.items()]

    def check(self, matrix: Matrix) -> Encoded:
        """The rows `[rows, features]` with NaN for codes that no category has, and how many each feature had."""
        if self._hold_in_few(matrix) if len(matrix) <= _FEW_ROWS else self._hold_in_many(matrix):
            return Encoded(matrix, _NOTHING)
        codes = matrix[:, self._places]
        unknown = ~np.isnan(codes) & ((codes != np.rint(codes)) | (codes < 0) | (codes > self._last))
        if not unknown.any():
            return Encoded(matrix, _NOTHING)
        known = matrix.copy()
        known[:, self._places] = np.where(unknown, np.float32(np.nan), codes)
        counts = zip(self._names, unknown.sum(axis=0).tolist(), strict=True)
        return Encoded(known, {name: count for name, count in counts if count})

    def _hold_in_few(self, matrix: Matrix) -> bool:
        for row in matrix.tolist():
            for place, known in self._sets:
                code = row[place]
                if code not in known and code == code:  # noqa: PLR0124  # NaN is no member of any set
                    return False
        return True

    def _hold_in_many(self, matrix: Matrix) -> bool:
        """Whether nothing changes by rounding and by bounds; compared as bytes, because NaN is never equal to NaN."""
        codes = matrix * self._categorical
        nearest = np.rint(codes)
        np.maximum(nearest, 0, out=nearest)
        np.minimum(nearest, self._last_of_all, out=nearest)
        return bool(nearest.tobytes() == codes.tobytes())
