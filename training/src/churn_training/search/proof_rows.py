"""Which rows prove what a search has found, and which rows it may see.

The rows that judge stay for the judgement of the one that wins. Usually a part of those to fit on is kept apart, of
which no trial sees a class: it takes one search. Nested, all of them prove and the search is done anew inside each
fold, which takes as many searches more.
"""

from collections.abc import Iterable, Iterator
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
    proves: bool = True
    """Whether trials have not seen the rows that `proof` scores."""

    @property
    def test_to_train(self) -> float:
        """Rows scored to rows fitted, of one fold: how far the corrected test distrusts the number of folds.

        Where rows are scored twice, of the rows that prove alone: rows that every fold fits on make the two scores of
        one customer no less alike, and counting them let one in ten searches without signal prove something.
        """
        scored_twice = sum(len(left_out) for _, left_out in self.proof.folds) > self.proving
        return float(
            np.mean(
                [
                    len(left_out) / (self.proving - len(left_out) if scored_twice else len(fitted))
                    for fitted, left_out in self.proof.folds
                ]
            )
        )

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
    if (times := _moments(data)) is not None:
        seen = known_at(data, float(np.quantile(times, 1 - _SHARE)))
        pairs = forward_folds(data, times, FOLDS, 1 - _SHARE)
    else:
        seen = ~positions_below(data.keys, holdout + _SHARE * (1 - holdout))
        pairs = _repeated(data, seen)
    usable = _usable(data, pairs)
    if len(usable) < 2 or len(np.unique(data.target[seen])) < 2:
        raise _too_few(data)
    return Parts(search_rows(data.rows(np.flatnonzero(seen)), seed), SearchRows(data, usable, seed))


def part_unproved(data: TrainingData, seed: int) -> Parts:
    """All rows to fit on, for trials; candidates are compared by what the trials' own folds say. Raises DataInvalid."""
    return unproved(search_rows(data.rows(sampled(len(data.target), seed)), seed))


def unproved(rows: SearchRows) -> Parts:
    """What trials saw, in the place of a proof too."""
    return Parts(rows, rows, proves=False)


def part_nested(data: TrainingData, seed: int) -> Parts:
    """All rows to fit on, for both: forward in time where there is one, else twice five folds. Raises DataInvalid."""
    data = data.rows(sampled(len(data.target), seed))
    usable = _usable(data, _repeated_folds(data) if _moments(data) is None else folds(data, FOLDS, seed))
    if len(usable) < 2:
        raise _too_few(data)
    return Parts(search_rows(data, seed), SearchRows(data, usable, seed))


def inner_rows(proof: SearchRows) -> list[SearchRows]:
    """What a search inside each fold of the proof may see: the rows that the fold fits on. Raises DataInvalid."""
    return [search_rows(proof.data.rows(fitted), proof.seed) for fitted, _ in proof.folds]


def _moments(data: TrainingData) -> NDArray[np.float64] | None:
    """The rows' times where they tell anything apart."""
    return None if data.times is None or len(np.unique(data.times)) < 2 else data.times


def _usable(
    data: TrainingData, pairs: Iterable[tuple[Positions, Positions]]
) -> tuple[tuple[Positions, Positions], ...]:
    """Those that score both classes."""
    return tuple(pair for pair in pairs if len(np.unique(data.target[pair[1]])) > 1)


def _too_few(data: TrainingData) -> DataInvalid:
    return DataInvalid([Violation("rows of the search", f"{len(data.target)} rows to fit on are too few to prove")])


def _repeated(data: TrainingData, seen: NDArray[np.bool_]) -> list[tuple[Positions, Positions]]:
    always, proving = np.flatnonzero(seen), np.flatnonzero(~seen)
    pairs = _repeated_folds(data.rows(proving))
    return [(np.concatenate([always, proving[fitted]]), proving[left_out]) for fitted, left_out in pairs]


def _repeated_folds(data: TrainingData) -> Iterator[tuple[Positions, Positions]]:
    return chain.from_iterable(folds(data, FOLDS, repeat) for repeat in range(_REPEATS))
