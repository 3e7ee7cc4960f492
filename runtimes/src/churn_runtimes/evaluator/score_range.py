"""What a score may be, and how many of those that were none: told at /state, so that nobody has to look at each answer.

The flat table counts its own rows itself (score.h).
"""

from threading import Lock

import numpy as np
from churn_models.combine import Scores

_ROUNDING = 1e-9
"""A mean of probabilities of 1 may be a little more."""
LOWEST, HIGHEST = -_ROUNDING, 1.0 + _ROUNDING


class NotScores:
    """Rows whose P(churn) was not finite or outside of 0 to 1."""

    def __init__(self) -> None:
        self.rows = 0
        self._lock = Lock()

    def look(self, scores: Scores) -> None:
        """Count those of `scores` `[rows]`."""
        wrong = len(scores) - int(np.count_nonzero((scores >= LOWEST) & (scores <= HIGHEST)))
        if wrong:
            with self._lock:
                self.rows += wrong
