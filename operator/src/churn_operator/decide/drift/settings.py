"""When a window closes and what makes an alarm: `spec.drift`, and what is the same for every model."""

from dataclasses import dataclass
from typing import Self

from churn_operator.api.drift import Drift
from churn_operator.api.quantities import seconds

LEAST_SECONDS = 60.0
"""Of a full window: a burst of a batch client alone is none."""
MOST_SECONDS = 7 * 86_400.0
"""A window closes then whatever it holds; with too few rows nothing is judged by it."""

LEAST_DIFFERENT = 50
"""Rows, those that repeat less: with fewer nothing is told of all customers, be they asked about ever so often."""
MOST_DROPPED = 0.2
"""Share of the rows: of what is left nobody knows whether it is like the rest."""


@dataclass(frozen=True)
class DriftSettings:
    """As `spec.drift` has them."""

    rows: int = 1_000
    """A window with so many is full."""
    min_rows: int = 300
    """So many are enough after `max_age` seconds. With fewer nothing is judged."""
    max_age: float = 900.0
    significance: float = 0.01
    """p-values, adjusted for the number of features, below it are no chance."""
    effect: float = 0.1
    """Distances of distributions above it matter: Kolmogorov-Smirnov's D, the share of one category."""
    breaches: int = 2
    """Windows that must fire, of the last `windows`."""
    windows: int = 3
    """As many clear ones in a row end an alarm."""

    @classmethod
    def of(cls, drift: Drift) -> Self:
        """What a spec says."""
        return cls(
            rows=drift.window.rows,
            min_rows=drift.window.min_rows,
            max_age=float(seconds(drift.window.max_age)),
            significance=drift.significance,
            effect=drift.effect,
            breaches=drift.persistence.breaches,
            windows=drift.persistence.windows,
        )
