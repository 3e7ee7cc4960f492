"""Features of one window beside training's: how far each is, and what is wrong with its values."""

from dataclasses import replace

from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts, FeatureCounts
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.reference import CategoricalReference, FeatureReference, NumericReference, Reference

from churn_operator.decide.drift.compare import NO_DIFFERENCE, Comparison, compare_bins, compare_categories
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.feed import feed_faults, missing_ratio, unseen_ratio
from churn_operator.decide.drift.findings import NAMES, FeatureFigures, FeedFault, Finding, outcome_of
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.tails import adjusted

Severities = dict[str, float]
"""By feature, as a share of the bound."""

_FEW = 50
"""Known values; of fewer no distribution is told."""


def used_features(reference: Reference) -> list[str]:
    """Those that change scores, in the schema's order: of the others, drift is no harm."""
    return [name for name, feature in reference.features.items() if feature.importance.used]


def judge_feed(reference: Reference, counts: Counts) -> tuple[Finding, dict[str, FeatureFigures]]:
    """Whether values are broken on their way; every used feature's figures with its worst fault."""
    figures: dict[str, FeatureFigures] = {}
    severities: Severities = {}
    words: list[str] = []
    for name in used_features(reference):
        known = counts.features[name]
        faults = feed_faults(reference.features[name], known)
        severities[name] = max(faults.values(), default=0.0)
        broken = [fault for fault in FeedFault if faults.get(fault, 0.0) >= 1.0]
        figures[name] = FeatureFigures(
            name,
            missing=missing_ratio(known),
            unseen=unseen_ratio(known),
            fault=broken[0] if broken else None,
        )
        words += [f"{name} is {fault.value}" for fault in broken[:1]]
    return _finding(Signal.FEED, severities, words), figures


def judge_input(
    reference: Reference, counts: Counts, figures: dict[str, FeatureFigures], settings: DriftSettings
) -> tuple[Finding, dict[str, FeatureFigures]]:
    """Whether used features are distributed otherwise: significantly, and so far that it matters."""
    names = list(figures)
    share = settings.significance / max(1, len(names))
    found = [compare_feature(reference.features[name], counts.features[name], share) for name in names]
    p_values = adjusted([one.p_value for one in found])
    severities, words, told = {}, [], {}
    for name, one, p_adjusted in zip(names, found, p_values, strict=True):
        is_chance = p_adjusted >= settings.significance
        severities[name] = 0.0 if is_chance else one.severity(settings.effect)
        told[name] = _with(figures[name], one, p_adjusted)
        if severities[name] >= 1.0:
            words.append(f"{name} has moved (distance {one.distance:.2f}, index {one.psi:.2f}, p {p_adjusted:.1g})")
    return _finding(Signal.INPUT, severities, words), told


def compare_feature(reference: FeatureReference, counts: FeatureCounts, share: float) -> Comparison:
    """Of the known values; no difference where there are few of them, now or in training."""
    if min(counts.known, reference.n) < _FEW:
        return NO_DIFFERENCE
    if isinstance(reference, NumericReference) and isinstance(counts, NumericCounts):
        return compare_bins(reference.histogram.counts, counts.bins, share)
    if isinstance(reference, CategoricalReference) and isinstance(counts, CategoricalCounts):
        return compare_categories(tuple(reference.counts.values()), counts.counts, share)
    return NO_DIFFERENCE


def _with(figures: FeatureFigures, found: Comparison, p_adjusted: float) -> FeatureFigures:
    return replace(figures, p_adjusted=p_adjusted, distance=found.distance, psi=found.psi, psi_bound=found.psi_bound)


def _finding(signal: Signal, severities: Severities, words: list[str]) -> Finding:
    worst = max(severities.values(), default=0.0)
    fired = tuple(name for name, severity in severities.items() if severity >= 1.0)
    told = "; ".join(words[:3]) + (f"; and {len(words) - 3} more" if len(words) > 3 else "")
    figures = {"worst": worst, "features": float(len(fired)), "of": float(len(severities))}
    return Finding(signal, outcome_of(worst), told, fired[:NAMES], figures)
