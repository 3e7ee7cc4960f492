"""Which rows a model is fitted on and which judge it: by time, or for ever by the customer.

`train` keeps a holdout by `split`; `folds` cuts what is fitted for out-of-fold scores, and everything for `evaluate`.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_models.frozen_model import FrozenModel
from churn_models.violation import Violation
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from churn_training.judgement_keys import positions_below
from churn_training.training_data import TrainingData

Positions = NDArray[np.int64]

USUAL_OF_CUSTOMERS = 0.2
USUAL_OF_TIME = 0.15
"""Smaller, because the rows that judge are then the newest, which no fit sees: every version is older by them."""

_FEWEST_OF_A_CLASS = 2
"""In each part; a variance of the AUC needs two."""


class SplitBy(StrEnum):
    """What decides that a row is kept for judgement."""

    TIME = "time"
    IDENTITY = "identity"
    CONTENT = "content"  # of the row, where the data set names no customer

    @classmethod
    def of(cls, schema: FeatureSchema) -> "SplitBy":
        """By time where the schema names it, else by the customer."""
        if schema.time:
            return cls.TIME
        return cls.IDENTITY if schema.identity else cls.CONTENT


class SplitRule(FrozenModel):
    """How the rows were split, so that a later training can tell which of its own rows this one has fitted."""

    by: SplitBy
    holdout: float
    cut: float | None = None
    """Where by time: rows from this moment on were kept (seconds since 1970, or the column's own number)."""

    def fitted(self, data: TrainingData) -> NDArray[np.bool_]:
        """Whether a model that was split by this rule may have been fitted on each of these rows."""
        if self.by is SplitBy.TIME:
            if data.times is None or self.cut is None:
                return np.ones(len(data.keys), dtype=bool)
            return data.times < self.cut
        keys_of = SplitBy.IDENTITY if data.schema.identity else SplitBy.CONTENT
        return ~positions_below(data.keys, self.holdout) | (self.by is not keys_of)


@dataclass(frozen=True)
class Split:
    """Row positions of a table: what is fitted on, what no fit ever sees, and what is used for nothing."""

    rule: SplitRule
    train: Positions
    holdout: Positions
    waiting: Positions
    """Rows whose class is not known yet, and older ones whose class was not known at the cut (`label_delay`)."""


def holdout_of(spec: EnsembleSpec, schema: FeatureSchema) -> float:
    """What ensemble.yaml says, else the usual share of customers, or of the newest rows where there is a time."""
    if spec.holdout is not None:
        return spec.holdout
    return USUAL_OF_CUSTOMERS if schema.time is None else USUAL_OF_TIME


def split(data: TrainingData, holdout: float) -> Split:
    """Keep about the share `holdout` of the rows apart. Raises DataInvalid where a part lacks a class."""
    mature = matured(data)
    rule = SplitRule(by=SplitBy.of(data.schema), holdout=holdout, cut=_cut(data, mature, holdout))
    judged = mature & ~rule.fitted(data)
    fitted = mature & ~judged & known_at(data, rule.cut)
    found = Split(rule, *map(np.flatnonzero, (fitted, judged, ~fitted & ~judged)))
    _check_classes(data, found)
    return found


def matured(data: TrainingData) -> NDArray[np.bool_]:
    """Whether the class of each row was known when the newest row was seen."""
    if data.times is None:
        return np.ones(len(data.target), dtype=bool)
    return np.asarray(data.times <= data.times.max() - data.schema.delay)


def known_at(data: TrainingData, cut: float | None) -> NDArray[np.bool_]:
    """Whether the class of each row was known at that moment: who trained then could fit on no other."""
    if data.times is None or cut is None:
        return np.ones(len(data.target), dtype=bool)
    return np.asarray((data.times < cut) & (data.times <= cut - data.schema.delay))


def folds(data: TrainingData, number: int, seed: int) -> list[tuple[Positions, Positions]]:
    """Pairs of positions to fit on and to score; a customer, or a moment, is never on both sides.

    By time: the older half is only fitted on, the newer is scored in `number` steps, each by a fit on all rows whose
    class was known before it.
    Else, and where all rows are of one moment, every row is scored once, and the classes are as frequent in each fold.
    Raises DataInvalid where that is not possible.
    """
    if data.times is not None and len(np.unique(data.times)) > 1:
        return forward_folds(data, data.times, number, 0.5)
    customers, first, rows = np.unique(data.keys, return_index=True, return_inverse=True)
    if np.bincount(data.target[first]).max() < number:
        raise DataInvalid(
            [Violation(f"{number} folds", f"the rows to fit on are only {len(customers)} different ones")]
        )
    shuffled = StratifiedKFold(number, shuffle=True, random_state=seed).split(customers, data.target[first])
    chosen = (np.isin(rows, left_out) for _, left_out in shuffled)
    return [(np.flatnonzero(~left_out), np.flatnonzero(left_out)) for left_out in chosen]


def forward_folds(
    data: TrainingData, times: NDArray[np.float64], number: int, since: float
) -> list[tuple[Positions, Positions]]:
    """The rows after the share `since` of all in `number` steps, each scored by a fit on what was known before it."""
    bounds = np.quantile(times, np.linspace(since, 1, number + 1))
    # Where more rows than that are of the oldest moment, nothing is before the first bound.
    bounds = np.maximum(bounds, times[times > times.min()].min())
    bounds[-1] = np.inf
    pairs = (
        (np.flatnonzero(known_at(data, low)), np.flatnonzero((times >= low) & (times < high)))
        for low, high in pairwise(bounds)
    )
    found = [(before, step) for before, step in pairs if len(np.unique(data.target[before])) > 1 and len(step)]
    if not found:
        delay = ", as far as their class was known then (label_delay)" if data.schema.delay else ""
        raise DataInvalid([Violation("folds by time", f"the older rows to fit on are not of both classes{delay}")])
    return found


def _cut(data: TrainingData, mature: NDArray[np.bool_], holdout: float) -> float | None:
    if data.times is None:
        return None
    if not mature.any():
        return float(data.times.min())
    times = np.sort(data.times[mature])
    return float(times[int(len(times) * (1 - holdout))])


def _check_classes(data: TrainingData, found: Split) -> None:
    violations = []
    for name, positions in (("to fit on", found.train), ("that judge", found.holdout)):
        positive = int(data.target[positions].sum())
        if min(positive, len(positions) - positive) < _FEWEST_OF_A_CLASS:
            churn = f"{positive} of class {data.schema.target.positive[0]!r}"
            fault = f"the rows {name} need {_FEWEST_OF_A_CLASS} of each class; they are {len(positions)}, {churn}"
            waiting = (
                f"; {len(found.waiting)} rows wait for their class, now or at the cut (label_delay)"
                if len(found.waiting)
                else ""
            )
            violations.append(Violation(f"split by {found.rule.by}", fault + waiting))
    if violations:
        raise DataInvalid(violations)
