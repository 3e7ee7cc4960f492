"""Customers that one version scored and whose label is known by now: what its realised figures are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Treatment(IntEnum):
    """What a retention campaign did with a customer."""

    UNTOLD = -1  # nobody said; the customer counts as one that no campaign picked
    LEFT_ALONE = 0
    TREATED = 1


class JudgedRow(NamedTuple):
    """One prediction with its outcome."""

    customer: str
    """Hash of the identity."""
    made: float
    """When it was scored, in seconds since 1970."""
    churned: bool
    score: float
    """P(churn) by the version that answered."""
    previous: float | None
    """P(churn) by the version before, of the same row; None where it was not loaded."""
    treatment: Treatment


@dataclass(frozen=True)
class JudgedRows:
    """Columns `[rows]`, in the order in which the labels became known."""

    made: NDArray[np.float64]
    churned: NDArray[np.int64]
    score: NDArray[np.float64]
    previous: NDArray[np.float64]
    """NaN where there is none."""
    treatment: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def of(cls, rows: Iterable[JudgedRow], horizon: float) -> "JudgedRows":
        """At most one row of a customer in `horizon` seconds, the first of them.

        A customer who is scored every day has one outcome, not sixty, and what is known of one row of it is known of
        all: the tests that follow need rows that tell something new.
        """
        kept = _thinned(rows, horizon)
        return cls(
            made=np.array([row.made for row in kept], dtype=np.float64),
            churned=np.array([row.churned for row in kept], dtype=np.int64),
            score=np.array([row.score for row in kept], dtype=np.float64),
            previous=np.array([np.nan if row.previous is None else row.previous for row in kept], dtype=np.float64),
            treatment=np.array([row.treatment for row in kept], dtype=np.int8),
        )


def _thinned(rows: Iterable[JudgedRow], horizon: float) -> list[JudgedRow]:
    """In the order given; which row of a customer is kept goes by when they were scored."""
    given = list(rows)
    until: dict[str, float] = {}
    kept: set[int] = set()
    for place in sorted(range(len(given)), key=lambda place: given[place].made):
        row = given[place]
        if row.made >= until.get(row.customer, -np.inf):
            until[row.customer] = row.made + horizon
            kept.add(place)
    return [row for place, row in enumerate(given) if place in kept]
