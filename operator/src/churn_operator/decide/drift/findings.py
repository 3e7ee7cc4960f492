"""What one window says: how far each signal is from its bound, and the figures of the features behind it."""

from dataclasses import dataclass, field
from enum import StrEnum

from churn_operator.decide.drift.evidence import Signal

CLEAR_BELOW = 0.8
"""Of the bound: an alarm ends where windows stay below it, so that one at the bound does not come and go."""
NAMES = 20
"""Names that a finding keeps, and features whose figures a window keeps."""


class Outcome(StrEnum):
    """Of one signal in one window."""

    FIRED = "Fired"  # beyond its bound, and no chance
    BETWEEN = "Between"  # close to its bound
    CLEAR = "Clear"
    SKIPPED = "Skipped"  # it could not be judged


class FeedFault(StrEnum):
    """What is wrong with the values of a feature: of several the first is told, because it explains the others."""

    MISSING = "missing"
    UNSEEN = "unseen"  # no category of the schema
    CONSTANT = "constant"
    SCALE = "of another unit"
    PERMUTED = "with exchanged categories"
    RANGE = "out of range"


@dataclass(frozen=True)
class Finding:
    """One signal in one window."""

    signal: Signal
    outcome: Outcome
    message: str = ""
    names: tuple[str, ...] = ()
    """Features, or pods, that fired: an alarm needs the same one again. In the schema's order, at most NAMES."""
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureFigures:
    """One feature in one window, beside training's rows."""

    name: str
    p_adjusted: float = 1.0
    """For the number of features."""
    distance: float = 0.0
    """Kolmogorov and Smirnov's D; the greatest difference of a category's share."""
    psi: float = 0.0
    """Population stability index."""
    psi_bound: float = 0.1
    """What it has to exceed: chance alone explains the index of few rows."""
    missing: float = 0.0
    """Share of the rows."""
    unseen: float = 0.0
    fault: FeedFault | None = None


@dataclass(frozen=True)
class JudgedWindow:
    """Rows of all pods between two times, and what they say."""

    start: str
    end: str
    rows: int
    dropped: int
    findings: tuple[Finding, ...]
    features: tuple[FeatureFigures, ...] = ()
    """The worst ones, at most NAMES, the worst first."""

    def finding(self, signal: Signal) -> Finding:
        """Of this signal."""
        skipped = Finding(signal, Outcome.SKIPPED)
        return next((one for one in self.findings if one.signal is signal), skipped)


def outcome_of(severity: float) -> Outcome:
    """Of a figure as a share of its bound."""
    if severity >= 1.0:
        return Outcome.FIRED
    return Outcome.CLEAR if severity < CLEAR_BELOW else Outcome.BETWEEN
