"""Pods that have scored the same requests by two versions, as their `/state` tells it: for the gates and the rules."""

import numpy as np
from churn_models.paired_scores import PairedScores
from churn_models.score_shift import counts_between
from churn_models.traffic import LATENCY_BOUNDS, State, VersionCounts
from numpy.typing import NDArray

STABLE = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64

BINS = 20
"""As many as the deciles and half-deciles of a bundle's score edges."""

_EDGES = np.linspace(0, 1, BINS + 1)[1:-1]


def counts(digest: str, scored: int, faults: int = 0, microseconds: float = 5.0) -> VersionCounts:
    """Of requests that took the same time each."""
    buckets = counts_between(LATENCY_BOUNDS, np.full(scored, microseconds / 1e6)).tolist()
    return VersionCounts(
        version="7" if digest == STABLE else "8",
        digest=digest,
        scored=scored,
        not_finite=faults,
        seconds=scored * microseconds / 1e6,
        buckets=tuple(buckets),
    )


def pairs_of(first: NDArray[np.float64], second: NDArray[np.float64]) -> PairedScores:
    """Scores of the same rows, in equal bins."""
    i, j = (np.searchsorted(_EDGES, scores, side="left") for scores in (first, second))
    rows = np.bincount(i * BINS + j, minlength=BINS * BINS)
    told = tuple((cell // BINS, cell % BINS, n) for cell, n in enumerate(rows.tolist()) if n)
    return PairedScores(stable=STABLE, other=OTHER, edges_of=STABLE, bins=BINS, cells=told)


def state(pairs: PairedScores | None = None, *versions: VersionCounts, instance: str = "one") -> State:
    """Of a pod that serves STABLE and tries OTHER."""
    return State(
        instance=instance,
        model="telco",
        digest=STABLE,
        version="7",
        versions=versions,
        pairs=(pairs,) if pairs else (),
    )


def alike(rng: np.random.Generator, rows: int, noise: float = 0.05) -> PairedScores:
    """Of two models as two trainings make them: the same customers, a little noise."""
    first = rng.uniform(size=rows)
    return pairs_of(first, _within(first + rng.normal(0, noise, rows)))


def _within(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reflected at the ends, so that noise leaves the distribution as it was."""
    return np.asarray(1 - np.abs(1 - np.abs(scores)), dtype=np.float64)
