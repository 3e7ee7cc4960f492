"""What each feature is worth to the ensemble, for the reference: drift of a feature that nobody uses is no harm."""

from typing import Protocol

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.reference import Importance
from sklearn.metrics import roc_auc_score

from churn_training.training_data import TrainingData

_SHUFFLES = 5
_MOST_ROWS = 2_000
"""The standard error is stored beside the mean; all rows of a large table would take minutes to score."""


class ScoresRows(Protocol):
    """Whatever scores encoded rows."""

    def score(self, matrix: Matrix) -> Scores:
        """P(churn) `[rows]`."""


def permutation_importances(ensemble: ScoresRows, data: TrainingData, seed: int) -> dict[str, Importance]:
    """The AUC that is lost when one feature is shuffled (Breiman, Random forests, 2001), by feature name."""
    generator = np.random.default_rng(seed)
    rows = _sample(data, generator)
    whole = ensemble.score(rows.matrix)
    auc = roc_auc_score(rows.target, whole)
    importances = {}
    for position, name in enumerate(rows.schema.names):
        shuffled = np.tile(rows.matrix, (_SHUFFLES, 1))
        for part in np.split(shuffled, _SHUFFLES):
            generator.shuffle(part[:, position])
        scores = np.split(ensemble.score(shuffled), _SHUFFLES)
        lost = np.array([auc - roc_auc_score(rows.target, part) for part in scores])
        importances[name] = Importance(
            mean=float(lost.mean()),
            standard_error=float(lost.std(ddof=1) / np.sqrt(_SHUFFLES)),
            used=any(bool(np.any(part != whole)) for part in scores),
        )
    return importances


def _sample(data: TrainingData, generator: np.random.Generator) -> TrainingData:
    if len(data.target) <= _MOST_ROWS:
        return data
    # As many of each class as among all rows, so that a rare class is there.
    classes = [np.flatnonzero(data.target == label) for label in (0, 1)]
    share = _MOST_ROWS / len(data.target)
    chosen = [generator.choice(rows, max(1, round(len(rows) * share)), replace=False) for rows in classes]
    return data.rows(np.sort(np.concatenate(chosen)))
