"""Counts a categorical feature of encoded rows, alone and beside the feature that goes with it most closely."""

import numpy as np
from numpy.typing import NDArray

from churn_models.drift.categorical_counts import CategoricalCounts


class CategoricalTally:
    """Since it was made. `beside`: categories of the partner, 0 without one."""

    def __init__(self, categories: int, beside: int = 0) -> None:
        self._counts = np.zeros(categories, dtype=np.int64)
        self._joint = np.zeros(categories * beside, dtype=np.int64)
        self._beside = beside
        self._missing = self._unseen = 0

    def add(self, column: NDArray[np.float32], unseen: int, partner: NDArray[np.float32] | None = None) -> None:
        """One code for each row, NaN where there is none; `unseen` of these are no category rather than missing."""
        is_known = ~np.isnan(column)
        known = column[is_known].astype(np.int64)
        absent = len(column) - len(known)
        unseen = min(unseen, absent)
        self._counts += np.bincount(known, minlength=len(self._counts))
        self._missing += absent - unseen
        self._unseen += unseen
        if partner is not None and self._beside:
            both = is_known & ~np.isnan(partner)
            cells = column[both].astype(np.int64) * self._beside + partner[both].astype(np.int64)
            self._joint += np.bincount(cells, minlength=len(self._joint))

    def counts(self) -> CategoricalCounts:
        """So far."""
        return CategoricalCounts(
            counts=tuple(self._counts.tolist()),
            missing=self._missing,
            unseen=self._unseen,
            joint=tuple(self._joint.tolist()),
        )
