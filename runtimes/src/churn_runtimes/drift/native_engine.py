"""The engine on NumPy and SciPy: what alibi-detect's TabularDrift finds, without its licence, weight and failures.

Numbers: two-sample Kolmogorov-Smirnov, the distributions compared at every value, so that ties count once. Categories:
chi-squared on the contingency table of those that either side has, with Yates' correction at two of them. An alarm is a
p-value below the significance divided by the number of features (Bonferroni).

Only `scipy.special` is imported: `scipy.stats` would be most of the sidecar's memory.
"""

import numpy as np
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov, smirnov

from churn_runtimes.drift.engine import Judgement
from churn_runtimes.drift.sentinels import with_sentinels


class NativeEngine:
    """Keeps the reference sample sorted."""

    def __init__(self, schema: FeatureSchema, sample: Matrix, significance: float) -> None:
        self._schema = schema
        self._categorical = frozenset(schema.categorical_positions)
        self._reference = np.sort(with_sentinels(schema, sample), axis=0)
        self._threshold = significance / len(schema.names)

    def judge(self, window: Matrix) -> Judgement:  # noqa: D102  # as Engine says
        rows = np.sort(with_sentinels(self._schema, window), axis=0)
        found = {name: self._test(place, rows[:, place]) for place, name in enumerate(self._schema.names)}
        return Judgement(found, any(p_value < self._threshold for p_value, _ in found.values()))

    def _test(self, place: int, column: NDArray[np.float32]) -> tuple[float, float]:
        test = chi_squared if place in self._categorical else kolmogorov_smirnov
        return test(self._reference[:, place], column)


def kolmogorov_smirnov(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[float, float]:
    """p-value and largest distance of the two distribution functions; both samples sorted, no NaN."""
    values = np.concatenate((first, second))
    shares = (np.searchsorted(sample, values, side="right") / len(sample) for sample in (first, second))
    distance = float(np.abs(np.subtract(*shares)).max())
    rows = round(len(first) * len(second) / (len(first) + len(second)))
    return _two_sided(max(1, rows), distance), distance


def _two_sided(rows: int, distance: float) -> float:
    """Of one sample of so many rows: the limit's series with Smirnov's exact one-sided probability as its first term.

    The other terms are below 1e-7 where p is below 0.025 (Simard and L'Ecuyer, Journal of Statistical Software 39/11).
    """
    limit = np.sqrt(rows) * distance
    first = 2 * smirnov(rows, distance)
    return float(np.clip(kolmogorov(limit) - 2 * np.exp(-2 * limit**2) + first, 0, 1))


def chi_squared(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[float, float]:
    """p-value and statistic of the two samples' counts of each code; no NaN."""
    codes, places = np.unique(np.concatenate((first, second)), return_inverse=True)
    if len(codes) < 2:
        return 1.0, 0.0
    parts = (places[: len(first)], places[len(first) :])
    table = np.array([np.bincount(part, minlength=len(codes)) for part in parts], dtype=np.float64)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    gaps = np.abs(table - expected)
    if len(codes) == 2:
        gaps -= np.minimum(0.5, gaps)
    statistic = float((gaps**2 / expected).sum())
    return float(chdtrc(len(codes) - 1, statistic)), statistic
