"""Which rows prove what a search has found: part of those to fit on, of which no trial has seen a class.

The rows that judge stay for the judgement of the one that wins. A search inside each fold of a proof (nested
cross-validation) would take ten searches; rows kept apart are as honest, and take one.
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from churn_models.errors import DataInvalid
from churn_models.violation import Violation
from numpy.typing import NDArray

from churn_training.judgement_keys import positions_below
from churn_training.out_of_fold import sampled
from churn_training.search.search_rows import FOLDS, SearchRows, search_rows
from churn_training.split import Positions, folds, forward_folds, known_at
from churn_training.training_data import TrainingData

_SHARE = 0.3
_REPEATS = 2


@dataclass(frozen=True)
class Parts:
    """What trials see, and the folds on which candidates are proved: fitted on the former too."""

    search: SearchRows
    proof: SearchRows

    @property
    def test_to_train(self) -> float:
        """Rows scored to rows fitted, of one fold."""
        return float(np.mean([len(left_out) / len(fitted) for fitted, left_out in self.proof.folds]))

    @property
    def proving(self) -> int:
        """How many rows prove, those that wait for their class at the first of them not among them."""
        return len(np.unique(np.concatenate([left_out for _, left_out in self.proof.folds])))

    def fold_to_judged(self, judging: int) -> float:
        """Rows scored in one fold to so many that judge."""
        return float(np.mean([len(left_out) for _, left_out in self.proof.folds])) / judging


def part(data: TrainingData, holdout: float, seed: int) -> Parts:
    """Of the rows to fit on: the newest prove where there is a time, else customers by their hash, whoever trains.

    `holdout` is the share that is not among them, because it judges. Of very many rows a sample is enough.
    Raises DataInvalid.
    """
    data = data.rows(sampled(len(data.target), seed))
    if data.times is not None and len(np.unique(data.times)) > 1:
        cut = float(np.quantile(data.times, 1 - _SHARE))
        seen = known_at(data, cut)
        pairs = forward_folds(data, data.times, FOLDS, 1 - _SHARE)
    else:
        seen = ~positions_below(data.keys, holdout + _SHARE * (1 - holdout))
        pairs = _repeated(data, seen)
    usable = tuple(pair for pair in pairs if len(np.unique(data.target[pair[1]])) > 1)
    if len(usable) < 2 or len(np.unique(data.target[seen])) < 2:
        raise DataInvalid([Violation("rows of the search", f"{len(data.target)} rows to fit on are too few to prove")])
    return Parts(search_rows(data.rows(np.flatnonzero(seen)), seed), SearchRows(data, usable, seed))


def _repeated(data: TrainingData, seen: NDArray[np.bool_]) -> list[tuple[Positions, Positions]]:
    always, proving = np.flatnonzero(seen), np.flatnonzero(~seen)
    apart = data.rows(proving)
    repeats = chain.from_iterable(folds(apart, FOLDS, repeat) for repeat in range(_REPEATS))
    return [(np.concatenate([always, proving[fitted]]), proving[left_out]) for fitted, left_out in repeats]
