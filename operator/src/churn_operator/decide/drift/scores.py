"""Scores of one window beside training's out-of-fold scores: their distribution, and the AUC that they promise."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from churn_models.drift.score_counts import ScoreCounts
from churn_models.reference import ScoreReference
from numpy.typing import NDArray

from churn_operator.decide.drift.compare import compare_bins
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import Finding, Outcome, outcome_of
from churn_operator.decide.drift.settings import DriftSettings

LEAST_FALL = 0.01
"""Of the expected AUC; training's own figure is known from its bins no better than to a few thousandths."""
_DEVIATIONS = 3.0
_POINTS = 33

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExpectedAuc:
    """Of scores without labels, and its standard error."""

    value: float
    error: float


def judge_scores(reference: ScoreReference, counts: ScoreCounts, settings: DriftSettings) -> Finding:
    """Whether scores are distributed otherwise, by the stability index of their bins."""
    found = compare_bins(reference.raw.counts, counts.bins, settings.significance)
    severity = found.psi / found.psi_bound if found.p_value < settings.significance else 0.0
    message = f"the scores' stability index is {found.psi:.2f}, above {found.psi_bound:.2f}" if severity >= 1 else ""
    figures = {"psi": found.psi, "bound": found.psi_bound, "distance": found.distance, "p": found.p_value}
    return _finding(Signal.SCORE, severity, message, figures)


def judge_estimate(reference: ScoreReference, counts: ScoreCounts, different: float | None) -> Finding:
    """Whether the AUC that calibrated scores promise has fallen, compared with what training's promise.

    Confidence-based performance estimation (Garcia, Niels, Kuberski, NannyML, 2022): a row of calibrated score c is c
    of a churner and 1 - c of another. It sees harm by other customers; what a change of their ways does, it cannot see.

    `different`: how many rows they are worth, where the same ones came again and again: the error is of so many. None:
    nobody counted.
    """
    rows = sum(counts.bins)
    now = expected_auc(counts.bins, np.array(counts.calibrated_sums))
    then = expected_auc(reference.raw.counts, _expected_sums(reference))
    if now is None or then is None:
        return Finding(Signal.ESTIMATE, Outcome.SKIPPED, "all scores promise the same, so there is no AUC to expect")
    repeats = max(1.0, rows / different) if different else 1.0
    error = sqrt(now.error**2 * repeats + then.error**2)
    fall = then.value - now.value
    severity = max(0.0, fall / max(_DEVIATIONS * error, LEAST_FALL))
    told = f"scores let expect an AUC of {now.value:.3f}, {fall:.3f} less than in training (± {error:.3f})"
    figures = {"auc": now.value, "trained": then.value, "error": error}
    return _finding(Signal.ESTIMATE, severity, told if severity >= 1 else "", figures)


def expected_auc(bins: tuple[int, ...], sums: Floats) -> ExpectedAuc | None:
    """From rows `[bins]` and expected churners `[bins]`, pairs within a bin counting half; None where it has no value.

    Its error by the delta method in the shares of the bins (van der Vaart, Asymptotic Statistics, 1998, section 3).
    """
    rows = np.asarray(bins, dtype=np.float64)
    filled = rows > 0
    shares, churn = rows[filled] / rows.sum(), sums[filled] / rows[filled]
    churners, others = shares * churn, shares * (1 - churn)
    if churners.sum() <= 0 or others.sum() <= 0:
        return None
    below = np.cumsum(others) - others / 2
    above = churners.sum() - np.cumsum(churners) + churners / 2
    pairs = churners.sum() * others.sum()
    value = float(churners @ below / pairs)
    gradient = (churn * below + (1 - churn) * above) / pairs
    gradient -= value * (churn / churners.sum() + (1 - churn) / others.sum())
    variance = float(shares @ gradient**2 - (shares @ gradient) ** 2)
    return ExpectedAuc(value, sqrt(max(0.0, variance) / rows.sum()))


def _expected_sums(reference: ScoreReference) -> Floats:
    """Of training's scores: in each bin the mean of the calibration over the scores that are likely in it."""
    calibration, counts = reference.calibration, np.array(reference.raw.counts, dtype=np.float64)
    points = np.clip(_points(np.array(reference.raw.edges), counts), calibration.scores[0], calibration.scores[-1])
    means = np.interp(points, calibration.scores, calibration.observed).mean(axis=1)
    return np.asarray(means * counts)


def _points(edges: Floats, counts: Floats) -> Floats:
    """Likely scores of each bin `[bins, points]`: evenly spread between two edges.

    The first and the last bin are open and wide: there the scores thin out from the edge on, beginning as dense as in
    the bin beside.
    """
    even = (np.arange(_POINTS) + 0.5) / _POINTS
    if len(edges) < 2:
        return np.tile(even, (len(counts), 1))
    tail = -np.log1p(-even)
    widths = np.diff(edges)
    inner = edges[:-1, None] + widths[:, None] * even
    first = edges[0] - tail * widths[0] * counts[0] / max(1.0, counts[1])
    last = edges[-1] + tail * widths[-1] * counts[-1] / max(1.0, counts[-2])
    return np.vstack([first, inner, last])


def _finding(signal: Signal, severity: float, message: str, figures: dict[str, float]) -> Finding:
    outcome = outcome_of(severity)
    return Finding(signal, outcome, message, ("scores",) if outcome is Outcome.FIRED else (), figures)
