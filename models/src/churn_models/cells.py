"""A column by its distinct cells: what a million rows of few words cost is looked at once for each word.

Made from pandas' and pyarrow's columns by whoever reads a table; the encoding and the checks of a column take it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_models.spelling import Vocabulary


@dataclass(frozen=True)
class Cells:
    """`codes[row]` is the place of the row's cell among the `distinct` ones; -1 is a gap."""

    codes: NDArray[np.integer[Any]]
    distinct: Sequence[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def distinct_places(self, vocabulary: Vocabulary) -> NDArray[np.int32]:
        """The position in the vocabulary, MISSING or UNKNOWN of each distinct cell, and last of a gap (code -1)."""
        return np.asarray([*map(vocabulary.place, self.distinct), vocabulary.place(None)], dtype=np.int32)

    def places(self, vocabulary: Vocabulary) -> NDArray[np.int32]:
        """The same of each row."""
        places: NDArray[np.int32] = self.distinct_places(vocabulary)[self.codes]
        return places

    def rows(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows have a wanted cell; `wanted` is by distinct cell, and at last whether gaps are."""
        if not wanted.any():
            return np.zeros(len(self), dtype=np.bool_)
        rows: NDArray[np.bool_] = wanted[self.codes] if wanted[:-1].any() else self.codes < 0
        return rows
