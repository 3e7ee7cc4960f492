"""Counts a categorical feature of encoded rows."""

import numpy as np
from numpy.typing import NDArray

from churn_models.drift.categorical_counts import CategoricalCounts


class CategoricalTally:
    """Since it was made."""

    def __init__(self, categories: int) -> None:
        self._counts = np.zeros(categories, dtype=np.int64)
        self._missing = self._unseen = 0

    def add(self, column: NDArray[np.float32], unseen: int) -> None:
        """One code for each row, NaN where there is none; `unseen` of these are no category rather than missing."""
        known = column[~np.isnan(column)].astype(np.int64)
        absent = len(column) - len(known)
        unseen = min(unseen, absent)
        self._counts += np.bincount(known, minlength=len(self._counts))
        self._missing += absent - unseen
        self._unseen += unseen

    def counts(self) -> CategoricalCounts:
        """So far."""
        return CategoricalCounts(counts=tuple(self._counts.tolist()), missing=self._missing, unseen=self._unseen)
