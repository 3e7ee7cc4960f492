"""Whether one pod sees other traffic than its peers: what is wrong is then in that pod, not in the world."""

from collections.abc import Iterator
from functools import reduce
from math import sqrt

import numpy as np
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts, FeatureCounts, difference, merge
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.reference import CategoricalReference, NumericReference, Reference

from churn_operator.decide.drift.compare import chi_square_p, ks_distance
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import Finding, Outcome, outcome_of
from churn_operator.decide.drift.inputs import used_features
from churn_operator.decide.drift.tails import kolmogorov_tail
from churn_operator.decide.drift.tally import Tally

LEAST_DISTANCE = 0.2
LARGEST_CHANCE = 1e-4
"""For all pods and features together."""
_LEAST_ROWS = 100
"""Of a pod in a window."""
_CALM = 0.1

Pair = tuple[str, tuple[int, ...], tuple[int, ...], bool]
"""What is compared, counts of both, and whether their bins have an order."""


def judge_pods(pods: dict[str, Tally], reference: Reference) -> Finding:
    """FIRED names the one pod that is unlike the others, while those are like each other.

    Of two pods the odd one is the one that is unlike training, where the other is like it.
    """
    seen = {pod: tally.counts for pod, tally in pods.items() if tally.rows >= _LEAST_ROWS}
    if len(seen) < 2:
        return Finding(Signal.ODD_POD, Outcome.SKIPPED, "there is no second pod with enough rows to compare with")
    used = used_features(reference)
    distances = _distances(seen, used)
    odd = max(distances, key=lambda pod: distances[pod][0])
    severity = distances[odd][0] / LEAST_DISTANCE
    if severity < 1:
        return Finding(Signal.ODD_POD, outcome_of(severity), figures={"worst": severity})
    if len(seen) == 2:
        odd = max(seen, key=lambda pod: _from_training(seen[pod], reference, used))
    peers = {pod: counts for pod, counts in seen.items() if pod != odd}
    are_calm = (
        max(_from_training(counts, reference, used) for counts in peers.values()) < _CALM
        if len(peers) == 1
        else max(distance for distance, _ in _distances(peers, used).values()) < LEAST_DISTANCE
    )
    figures = {"worst": severity, "pods": float(len(seen))}
    if not are_calm:
        return Finding(Signal.ODD_POD, Outcome.BETWEEN, "several pods differ from each other", figures=figures)
    told = f"{odd} is unlike its peers: {distances[odd][1]} differs by {distances[odd][0]:.2f}"
    return Finding(Signal.ODD_POD, Outcome.FIRED, told, (odd,), figures)


def _distances(pods: dict[str, Counts], used: list[str]) -> dict[str, tuple[float, str]]:
    """Of each pod, in what it is furthest from all others together, and how far; 0 where chance may explain it."""
    tests = len(pods) * (3 * len(used) + 1)
    whole = reduce(merge, pods.values())
    return {
        pod: max(_difference(pair, tests) for pair in _pairs(counts, difference(whole, counts), used))
        for pod, counts in pods.items()
    }


def _difference(pair: Pair, tests: int) -> tuple[float, str]:
    name, first, second, is_ordered = pair
    n, m = sum(first), sum(second)
    if not n or not m:
        return 0.0, name
    shares = np.array(first) / n - np.array(second) / m
    distance = ks_distance(first, second) if is_ordered else float(np.max(np.abs(shares)))
    if distance < LEAST_DISTANCE * 0.8:
        return distance, name
    chance = (
        kolmogorov_tail(distance * sqrt(n * m / (n + m)))
        if is_ordered
        else chi_square_p(np.array(first, dtype=np.float64), np.array(second, dtype=np.float64))
    )
    return (distance if chance * tests < LARGEST_CHANCE else 0.0), name


def _pairs(first: Counts, second: Counts, used: list[str]) -> Iterator[Pair]:
    yield "the scores' distribution", first.scores.bins, second.scores.bins, True
    for name in used:
        one, other = first.features[name], second.features[name]
        yield f"{name}'s share of missing values", (one.missing, one.known), (other.missing, other.known), False
        if isinstance(one, CategoricalCounts) and isinstance(other, CategoricalCounts):
            yield f"{name}'s share of unseen values", (one.unseen, one.known), (other.unseen, other.known), False
            yield name, one.counts, other.counts, False
        elif isinstance(one, NumericCounts) and isinstance(other, NumericCounts):
            yield name, one.bins, other.bins, True


def _from_training(counts: Counts, reference: Reference, used: list[str]) -> float:
    return max((_from_trained(reference, name, counts.features[name]) for name in used), default=0.0)


def _from_trained(reference: Reference, name: str, counts: FeatureCounts) -> float:
    trained = reference.features[name]
    missing = counts.missing / max(1, counts.missing + counts.known) - trained.missing_ratio
    if not counts.known or not trained.n:
        return missing
    if isinstance(trained, NumericReference) and isinstance(counts, NumericCounts):
        return max(missing, ks_distance(trained.histogram.counts, counts.bins))
    if isinstance(trained, CategoricalReference) and isinstance(counts, CategoricalCounts):
        shares = np.array(counts.counts) / counts.known - np.array(list(trained.counts.values())) / trained.n
        unseen = counts.unseen / (counts.unseen + counts.known)
        return max(missing, unseen, float(np.max(np.abs(shares))))
    return missing
