"""The rows that a search may see, and the folds on which it scores what it tries. The rows that judge are not here."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from churn_models.errors import DataInvalid
from churn_models.violation import Violation

from churn_training.split import Positions, folds
from churn_training.training_data import Target, TrainingData

FOLDS = 5


@dataclass(frozen=True)
class SearchRows:
    """`folds` are pairs of positions in `data`, to fit on and to score; `seed` is of every fit."""

    data: TrainingData
    folds: tuple[tuple[Positions, Positions], ...]
    seed: int

    @property
    def goes_forward(self) -> bool:
        """Whether each fold is later than the one before it."""
        return self.data.times is not None

    def target(self, fold: int) -> Target:
        """Of the rows that are scored in this fold."""
        return self.data.target[self.folds[fold][1]]

    @cached_property
    def digest(self) -> str:
        """Equal for the same rows, folds and seed."""
        found = hashlib.sha256(self.data.schema.model_dump_json().encode())
        parts = [self.data.matrix, self.data.target, *(part for pair in self.folds for part in pair)]
        for part in parts:
            found.update(np.ascontiguousarray(part).tobytes())
        found.update(str(self.seed).encode())
        return found.hexdigest()


def search_rows(data: TrainingData, seed: int) -> SearchRows:
    """The folds that have both classes. Raises DataInvalid where none has."""
    pairs = tuple(pair for pair in folds(data, FOLDS, seed) if len(np.unique(data.target[pair[1]])) > 1)
    if not pairs:
        raise DataInvalid([Violation("folds of the search", "no part of the rows to fit on has both classes")])
    return SearchRows(data, pairs, seed)
