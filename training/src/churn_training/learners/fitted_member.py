"""What every learner gives: a fitted classifier that scores encoded rows and knows its safe file format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from churn_models.combine import Scores
from churn_models.derive import NO_STEPS, Program
from churn_models.encoding import Matrix

THREADS = 2
"""Fixed, because the order in which threads add up gradients shows in the last digits of a model."""


@dataclass(frozen=True)
class FittedMember:
    """`classifier` has scikit-learn's predict_proba; `write` keeps it in the format of its kind."""

    classifier: Any
    write: Callable[[Any, Path], None]
    program: Program = NO_STEPS
    """Of the derived features that it was fitted with."""

    def score(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows]` of encoded rows `[rows, features]`."""
        wide = self.program.derive(matrix)
        return np.asarray(self.classifier.predict_proba(wide)[:, 1], dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write the model file."""
        self.write(self.classifier, path)
