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

    def places(self, vocabulary: Vocabulary) -> NDArray[np.int32]:
        """The position in the vocabulary, MISSING or UNKNOWN of each row."""
        # The last one stands for -1, a gap.
        found = [*map(vocabulary.place, self.distinct), vocabulary.place(None)]
        places: NDArray[np.int32] = np.asarray(found, dtype=np.int32)[self.codes]
        return places
