"""Customers with known chances of leaving, scored over months, whom a campaign may win back: labels with a truth."""

from dataclasses import dataclass

import numpy as np
from churn_models.labels.judged_rows import JudgedRow, Treatment
from numpy.typing import NDArray

DAY = 86_400.0
DELAY = 60 * DAY
"""From a score to its label."""
_MONTHS = 6
_TREATED = 0.1
_SAVED = 0.4


@dataclass(frozen=True)
class World:
    """`[customers]` each, in the order in which they were scored."""

    made: NDArray[np.float64]
    score: NDArray[np.float64]
    previous: NDArray[np.float64]
    would_leave: NDArray[np.bool_]
    """Without a campaign: what a realised figure shall be about."""
    leaves: NDArray[np.bool_]
    treatment: NDArray[np.int8]

    def matured(self, now: float) -> NDArray[np.bool_]:
        """Whose label is known by then."""
        return np.asarray(self.made + DELAY <= now)

    def rows(self, now: float) -> list[JudgedRow]:
        """What the store would give then."""
        return [
            JudgedRow(
                customer=f"{place:016x}",
                made=float(self.made[place]),
                churned=bool(self.leaves[place]),
                score=float(self.score[place]),
                previous=float(self.previous[place]),
                treatment=Treatment(int(self.treatment[place])),
            )
            for place in np.flatnonzero(self.matured(now))
        ]


def label_world(
    seed: int, customers: int, *, campaign: bool = False, control: float = 0.0, noise: float = 0.0, before: float = 0.0
) -> World:
    """A score is the chance of leaving, but for `noise` in its log-odds; the version before has noise of its own.

    The campaign picks the tenth with the highest scores, leaves the share `control` of all customers alone, and wins
    back four of ten who would have left.
    """
    rng = np.random.default_rng(seed)
    truth = rng.normal(-1.5, 1.6, customers)
    would = rng.random(customers) < _chance(truth)
    score, previous = (_chance(truth + amount * rng.normal(size=customers)) for amount in (noise, before))
    alone = rng.random(customers) < control
    treated = campaign & (score >= np.quantile(score, 1 - _TREATED)) & ~alone
    saved = treated & (rng.random(customers) < _SAVED)
    marks = np.where(alone, Treatment.LEFT_ALONE, Treatment.UNTOLD)
    return World(
        made=np.sort(rng.uniform(0, _MONTHS * 30 * DAY, customers)),
        score=score,
        previous=previous,
        would_leave=would,
        leaves=would & ~saved,
        treatment=np.where(treated, Treatment.TREATED, marks).astype(np.int8),
    )


def _chance(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)
