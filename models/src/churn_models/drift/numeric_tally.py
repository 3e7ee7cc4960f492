"""Counts a numeric feature of encoded rows, in NumPy's time for each batch."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from churn_models.drift.magnitudes import magnitude_keys
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.reference import NumericReference
from churn_models.score_shift import counts_between


class NumericTally:
    """Since it was made."""

    def __init__(self, reference: NumericReference) -> None:
        self._edges = np.asarray(reference.histogram.edges, dtype=np.float64)
        self._low = np.inf if reference.low is None else reference.low
        self._high = -np.inf if reference.high is None else reference.high
        self._bins = np.zeros(len(self._edges) + 1, dtype=np.int64)
        self._magnitudes: Counter[int] = Counter()
        self._missing = self._outside = self._repeats = 0
        self._sum = 0.0
        self._last = np.nan

    def add(self, column: NDArray[np.float32]) -> None:
        """One value for each row, NaN where there is none."""
        values = column.astype(np.float64)
        before = np.concatenate(([self._last], values[:-1]))
        known = values[~np.isnan(values)]
        self._bins += counts_between(self._edges, known)
        self._missing += len(values) - len(known)
        self._outside += int(np.count_nonzero((known < self._low) | (known > self._high)))
        self._repeats += int(np.count_nonzero(values == before))
        keys, counts = np.unique(magnitude_keys(known), return_counts=True)
        self._magnitudes.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
        self._sum += float(known.sum())
        self._last = float(values[-1])

    def counts(self) -> NumericCounts:
        """So far."""
        return NumericCounts(
            bins=tuple(self._bins.tolist()),
            missing=self._missing,
            outside=self._outside,
            repeats=self._repeats,
            magnitudes=dict(sorted(self._magnitudes.items())),
            sum=self._sum,
        )
