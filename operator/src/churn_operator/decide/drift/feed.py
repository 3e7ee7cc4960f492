"""Whether a feature's values are broken on their way here: that says nothing of customers, and nothing may learn it."""

import numpy as np
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import FeatureCounts
from churn_models.drift.magnitudes import STEPS, magnitude_of
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.reference import CategoricalReference, FeatureReference, NumericReference

from churn_operator.decide.drift.compare import LEAST_PSI, chi_square_p, compare_categories
from churn_operator.decide.drift.exchanged import are_exchanged
from churn_operator.decide.drift.findings import FeedFault
from churn_operator.decide.drift.scale import has_other_unit
from churn_operator.decide.drift.tails import chi_square_tail

MORE_MISSING = 0.05
"""Share of the rows above training's."""
STRETCH_ROWS = 1_000
"""Training's rows of one stretch of time, between which it measured how the missing share spreads."""
MORE_UNSEEN = 0.05
MORE_OUTSIDE = 0.1
"""Beyond training's lowest and highest."""
MORE_CONSTANT = 0.2
"""Share of the commonest value above training's."""
_STUCK = 0.9
"""The commonest value has to be nearly alone: a mix of few values moves far in the world."""
_ALWAYS = 0.99
_COMMON = 0.5
_LARGEST_CHANCE = 1e-6
"""Of what one window alone may say: no later one has to confirm it."""
_EXCHANGED = 2.0
"""Severity of what is there or is not."""

Faults = dict[FeedFault, float]
"""How far each is beyond its bound, as a share of it."""


def feed_faults(reference: FeatureReference, counts: FeatureCounts) -> Faults:
    """Of one feature in one window; empty where its kinds differ."""
    if isinstance(reference, NumericReference) and isinstance(counts, NumericCounts):
        return _numeric(reference, counts)
    if isinstance(reference, CategoricalReference) and isinstance(counts, CategoricalCounts):
        return _categorical(reference, counts)
    return {}


def missing_ratio(counts: FeatureCounts) -> float:
    """Share of the rows."""
    return counts.missing / max(1, counts.rows)


def unseen_ratio(counts: FeatureCounts) -> float:
    """Share of the rows."""
    return counts.unseen / max(1, counts.rows) if isinstance(counts, CategoricalCounts) else 0.0


def _numeric(reference: NumericReference, counts: NumericCounts) -> Faults:
    trained = round(reference.n / max(1e-9, 1 - reference.missing_ratio))
    faults = {FeedFault.MISSING: _more_missing(reference, counts, trained)}
    if counts.known and reference.n:
        faults[FeedFault.RANGE] = _excess(_far_outside(reference, counts), counts.known, 0.0, reference.n)
        faults[FeedFault.RANGE] /= MORE_OUTSIDE
        bins = np.array(counts.bins) / counts.known
        faults[FeedFault.CONSTANT] = _EXCHANGED * _is_stuck(counts, float(bins.max()), reference.commonest_ratio)
        faults[FeedFault.SCALE] = _EXCHANGED * has_other_unit(reference, counts)
    return faults


def _categorical(reference: CategoricalReference, counts: CategoricalCounts) -> Faults:
    rows = counts.rows
    trained = round(reference.n / max(1e-9, 1 - reference.missing_ratio - reference.unseen_ratio))
    faults = {
        FeedFault.MISSING: _more_missing(reference, counts, trained),
        FeedFault.UNSEEN: _excess(counts.unseen, rows, reference.unseen_ratio, trained) / MORE_UNSEEN,
    }
    if counts.known and reference.n:
        most = max(counts.counts) / counts.known
        faults[FeedFault.CONSTANT] = _constant(most, reference.commonest_ratio)
        is_permuted = _is_permuted(tuple(reference.counts.values()), counts.counts)
        is_permuted = is_permuted or are_exchanged(reference, counts, _LARGEST_CHANCE)
        faults[FeedFault.PERMUTED] = _EXCHANGED * is_permuted
    return faults


def _more_missing(reference: FeatureReference, counts: FeatureCounts, trained: int) -> float:
    """As a share of its bound; 0 where the gaps are as training's, which may come and go with their source.

    The share of a window varies by chance, and from one stretch of time to the next by `missing_spread`: a random
    effect (DerSimonian and Laird, Controlled Clinical Trials 7, 1986), whose mean is known from training's stretches.
    """
    excess = _excess(counts.missing, counts.rows, reference.missing_ratio, trained)
    if excess and reference.missing_spread:
        share = (counts.missing + reference.missing_ratio * trained) / (counts.rows + trained)
        chance = share * (1 - share) * (1 / counts.rows + 1 / trained)
        habit = reference.missing_spread**2 * (1 + min(1.0, STRETCH_ROWS / trained))
        if chi_square_tail(excess**2 / (chance + habit), 1) >= _LARGEST_CHANCE:
            return 0.0
    return excess / MORE_MISSING


def _excess(hits: int, rows: int, expected: float, trained: int) -> float:
    """By how much the share is above training's; 0 where chance may explain it."""
    excess = hits / max(1, rows) - expected
    if excess <= 0.0:
        return 0.0
    then = np.array([expected * trained, (1 - expected) * trained])
    return excess if chi_square_p(then, np.array([float(hits), float(rows - hits)])) < _LARGEST_CHANCE else 0.0


def _far_outside(reference: NumericReference, counts: NumericCounts) -> int:
    """Rows beyond training's lowest and highest by more than these are apart, as far as magnitudes tell.

    Nearer than that the world may have gone: who was trained in winter sees temperatures of summer.
    """
    if reference.low is None or reference.high is None:
        return 0
    width = reference.high - reference.low
    low, high = reference.low - width, reference.high + width
    return sum(rows for key, rows in counts.magnitudes.items() if _is_beyond(magnitude_of(key), low, high))


def _is_beyond(middle: float, low: float, high: float) -> bool:
    """Whether all values of the magnitude with this middle are."""
    half = 2.0 ** (0.5 / STEPS)
    return all(not low <= value <= high for value in (middle / half, middle, middle * half))


def _is_stuck(counts: NumericCounts, largest: float, expected: float) -> bool:
    """Nearly every row has the value of the row before, and one bin has nearly all: rows of one hour share the weather,
    and a value that was common in training may be alone for days."""
    return expected < _COMMON and largest >= _STUCK and counts.repeats >= _ALWAYS * (counts.known - 1)


def _constant(share: float, expected: float) -> float:
    """Of the commonest category: a few days hold few of those that come in turn, such as weekdays."""
    if expected + MORE_CONSTANT > 1.0:  # it is common enough that only "always" says something
        return _EXCHANGED * (share >= _ALWAYS and expected < 1.0 - MORE_CONSTANT / 2)
    return (share - expected) / MORE_CONSTANT if share >= _STUCK else 0.0


def _is_permuted(expected: tuple[int, ...], actual: tuple[int, ...]) -> bool:
    """Whether the categories have each other's shares: another distribution, and the same once both are sorted."""
    found = compare_categories(expected, actual, _LARGEST_CHANCE)
    if found.p_value >= _LARGEST_CHANCE or found.psi <= found.psi_bound:
        return False
    matched = compare_categories(sorted(expected), sorted(actual), _LARGEST_CHANCE)
    return matched.psi < LEAST_PSI / 2 and matched.distance < found.distance / 4
