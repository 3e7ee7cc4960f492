"""Counts scores, and what they promise."""

import numpy as np
from numpy.typing import NDArray

from churn_models.drift.score_counts import ScoreCounts
from churn_models.reference import ScoreReference


class ScoreTally:
    """Since it was made."""

    def __init__(self, reference: ScoreReference) -> None:
        self._edges = np.asarray(reference.raw.edges, dtype=np.float64)
        self._calibration = reference.calibration
        self._bins = np.zeros(len(self._edges) + 1, dtype=np.int64)
        self._sums = np.zeros(len(self._edges) + 1)
        self._missing = 0

    def add(self, scores: NDArray[np.float64]) -> None:
        """P(churn) `[rows]`; what is not in 0 to 1 is no score."""
        known = scores[(scores >= 0) & (scores <= 1)]
        places = np.searchsorted(self._edges, known, side="left")
        calibrated = np.interp(known, self._calibration.scores, self._calibration.observed)
        self._bins += np.bincount(places, minlength=len(self._bins))
        self._sums += np.bincount(places, weights=calibrated, minlength=len(self._bins))
        self._missing += len(scores) - len(known)

    def counts(self) -> ScoreCounts:
        """So far."""
        return ScoreCounts(
            bins=tuple(self._bins.tolist()), calibrated_sums=tuple(self._sums.tolist()), missing=self._missing
        )
