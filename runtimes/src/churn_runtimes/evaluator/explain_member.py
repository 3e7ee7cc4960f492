"""What every kind of explanation of a member gives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix

from churn_runtimes.evaluator.packed_member import Link


class NotExplained(Exception):
    """There are no contributions of this; the message says why."""


class Move(Protocol):
    """What each feature of encoded rows adds to the raw score `[rows, features]`, the derived ones behind."""

    def __call__(self, matrix: Matrix, /) -> Scores:
        """Of contiguous float32 rows in schema order."""


@dataclass(frozen=True)
class ExplainMember:
    """One member in its own raw space: log-odds, for a forest the probability."""

    move: Move
    base: float
    """The raw score where no feature is known."""
    link: Link

    @property
    def base_score(self) -> float:
        """P(churn) where no feature is known."""
        return float(1 / (1 + np.exp(-self.base))) if self.link is Link.LOGISTIC else self.base

    def contributions(self, matrix: Matrix) -> Scores:
        """`[rows, features + 1]`, the base value last; each row's sum is its raw score."""
        moved = self.move(matrix)
        return np.column_stack([moved, np.full(len(moved), self.base)])
