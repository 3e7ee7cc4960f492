"""How far counts are from training's, and whether chance explains it: one feature, or the scores, in one window."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from churn_models.score_shift import population_stability
from numpy.typing import NDArray

from churn_operator.decide.drift.tails import chi_square_bound, chi_square_tail, kolmogorov_tail

LEAST_PSI = 0.1
"""An index below it is called stable by custom (Siddiqi, Credit Risk Scorecards, 2006)."""
_LEAST_EXPECTED = 5.0
"""Rows that a cell of a chi-square test has to expect (Cochran, Biometrics 10, 1954); rarer ones are joined."""

Counts = Sequence[int]


@dataclass(frozen=True)
class Comparison:
    """Of two lists of counts."""

    p_value: float
    distance: float
    psi: float
    psi_bound: float

    def severity(self, effect: float) -> float:
        """The larger of distance and index as a share of its bound."""
        return max(self.distance / effect, self.psi / self.psi_bound)


NO_DIFFERENCE = Comparison(1.0, 0.0, 0.0, LEAST_PSI)


def compare_bins(expected: Counts, actual: Counts, share: float) -> Comparison:
    """Of bins in their order: Kolmogorov and Smirnov's test of two samples (Smirnov, 1948) on the bins' edges.

    On bins D is too small by at most the share of one bin, so p is too large: it errs on the quiet side. `share` is the
    chance of a false alarm that the index's bound allows.
    """
    n, m = sum(actual), sum(expected)
    if not n or not m:
        return NO_DIFFERENCE
    distance = ks_distance(expected, actual)
    p_value = kolmogorov_tail(distance * sqrt(n * m / (n + m)))
    return Comparison(p_value, distance, population_stability(expected, actual), _psi_bound(expected, actual, share))


def compare_categories(expected: Counts, actual: Counts, share: float) -> Comparison:
    """Of categories: the chi-square test of homogeneity (Pearson, 1911); the distance is that of one share."""
    n, m = sum(actual), sum(expected)
    if not n or not m:
        return NO_DIFFERENCE
    first, second = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    distance = float(np.max(np.abs(second / n - first / m)))
    psi = population_stability(expected, actual)
    return Comparison(chi_square_p(first, second), distance, psi, _psi_bound(expected, actual, share))


def ks_distance(expected: Counts, actual: Counts) -> float:
    """The greatest difference of the cumulated shares."""
    first, second = (np.cumsum(np.asarray(counts, dtype=np.float64)) for counts in (expected, actual))
    return float(np.max(np.abs(second / second[-1] - first / first[-1])))


def chi_square_p(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Whether two samples may be of one distribution over cells; cells that expect few rows count as one."""
    share = second.sum() / (first.sum() + second.sum())
    rare = (first + second) * min(share, 1 - share) < _LEAST_EXPECTED
    cells = np.array([np.append(one[~rare], one[rare].sum()) for one in (first, second)])
    cells = cells[:, cells.sum(axis=0) > 0]
    expected = cells.sum(axis=0) * np.array([[1 - share], [share]])
    return chi_square_tail(float(np.sum((cells - expected) ** 2 / expected)), cells.shape[1] - 1)


def _psi_bound(expected: Counts, actual: Counts, share: float) -> float:
    """What the index has to exceed: without drift it is (1/n + 1/m) chi-square of one less than the bins, nearly
    (Yurdakul, Statistical Properties of Population Stability Index, 2018)."""
    bins = sum(1 for pair in zip(expected, actual, strict=True) if any(pair))
    scale = 1 / sum(expected) + 1 / sum(actual)
    return max(LEAST_PSI, scale * chi_square_bound(share, max(1, bins - 1)))
