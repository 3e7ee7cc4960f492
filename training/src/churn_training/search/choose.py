"""Which candidate a search ends with: of those that are as good as the best, the cheapest; and why, in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from churn_training.search.corrected_t_test import ROPE, Difference, corrected_t_test, holm

AS_WRITTEN = "the ensemble as written"

_PROVED = 0.05
_SAME_TIME = 1.1


@dataclass(frozen=True)
class Cost:
    """Of serving, in the order in which it counts."""

    microseconds: float | None
    """For one row by the compiled evaluator; none of any candidate where that is not installed."""
    size: int
    """Bytes of the members' files."""
    members: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Cheaper is smaller. A tenth of the time is no difference: another run would measure another one."""
        steps = 0 if self.microseconds is None else round(np.log(max(self.microseconds, 0.01)) / np.log(_SAME_TIME))
        return steps, self.size, self.members

    def __str__(self) -> str:
        """What is saved: time where it was measured."""
        return f"{self.size / 1000:,.0f} kB" if self.microseconds is None else f"{self.microseconds:.3g} µs a row"


@dataclass(frozen=True)
class Candidate:
    """An ensemble by its name in the report, its AUC on each fold, and its cost."""

    name: str
    aucs: tuple[float, ...]
    cost: Cost

    @property
    def auc(self) -> float:
        """The mean."""
        return float(np.mean(self.aucs))


@dataclass(frozen=True)
class Compared:
    """A candidate beside the best one, or the winner beside the written one; `p_value` is adjusted by Holm."""

    name: str
    difference: Difference
    p_value: float

    @property
    def is_proved(self) -> bool:
        """Whether the two are different beyond chance."""
        return self.p_value < _PROVED

    @property
    def is_as_good(self) -> bool:
        """Neither proved worse nor, by the best guess, worse by more than anybody would notice."""
        return not (self.is_proved and self.difference.mean < 0) and self.difference.worse <= 1 / 2


@dataclass(frozen=True)
class Folds:
    """What the candidates were compared on: `test_to_train` is rows scored to rows fitted, of one of them."""

    test_to_train: float
    proves: bool = True
    """Whether no trial has seen the rows that are scored in them."""

    @property
    def words(self) -> str:
        """Whom the figures are of."""
        return (
            "on customers that the search had not seen"
            if self.proves
            else "in the trials' own folds, which flatter it and prove nothing"
        )


@dataclass(frozen=True)
class Choice:
    """The winner's name, the best one's, every candidate beside the best one, and the reason."""

    winner: str
    best: str
    beside_best: tuple[Compared, ...]
    why: str
    folds: Folds
    tolerance: float = ROPE
    """By how much AUC a cheaper one may be worse."""
    left_out: tuple[str, ...] = ()
    """Who was not compared, because the time was over."""


def choose(candidates: Sequence[Candidate], folds: Folds, tolerance: float = ROPE) -> Choice:
    """`candidates` differ in name and were scored on the same folds; one of them may be `AS_WRITTEN`.

    `tolerance` is by how much AUC a cheaper one may be worse than the best.
    """
    best = max(candidates, key=lambda candidate: (candidate.auc, [-part for part in candidate.cost.rank]))
    beside_best = _compare(candidates, best, folds, tolerance)
    as_good = [compared.name for compared in beside_best if compared.is_as_good]
    winner = min((one for one in candidates if one.name in as_good or one is best), key=lambda one: one.cost.rank)
    why = _why(winner, best, candidates, folds, tolerance)
    return Choice(winner.name, best.name, beside_best, why, folds, tolerance)


def _compare(candidates: Sequence[Candidate], best: Candidate, folds: Folds, tolerance: float) -> tuple[Compared, ...]:
    others = [candidate for candidate in candidates if candidate is not best]
    differences = [corrected_t_test(other.aucs, best.aucs, folds.test_to_train, tolerance) for other in others]
    adjusted = holm([difference.p_value for difference in differences])
    compared = zip(others, differences, adjusted, strict=True)
    return tuple(Compared(other.name, difference, p_value) for other, difference, p_value in compared)


def _why(winner: Candidate, best: Candidate, candidates: Sequence[Candidate], folds: Folds, tolerance: float) -> str:
    if winner is best:
        first = f"{winner.name} ranks best (AUC {winner.auc:.4f}) {folds.words}"
    else:
        first = (
            f"{winner.name} ranks as well as the best (AUC {winner.auc:.4f} to {best.auc:.4f}, "
            f"less than {tolerance:g} apart) {folds.words}, and costs least to serve ({winner.cost} to {best.cost})"
        )
    written = next((candidate for candidate in candidates if candidate.name == AS_WRITTEN), None)
    if written is None or written is winner or not folds.proves:
        return first
    beside_written = next(one for one in _compare(candidates, written, folds, tolerance) if one.name == winner.name)
    return f"{first}; {_against_written(beside_written)}"


def _against_written(winner: Compared) -> str:
    mean = winner.difference.mean
    gain = f"{abs(mean):.4f} {'better' if mean >= 0 else 'worse'} than {AS_WRITTEN}"
    return f"that it is {gain} is {'proved' if winner.is_proved else 'no more than chance may do'}"
