"""The native engine gives SciPy's own p-values and statistics, and loses no window to a value that is missing."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_runtimes.drift.native_engine import NativeEngine, chi_squared, kolmogorov_smirnov
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp
from support.drift_rows import drift_rows, drift_schema

GENERATOR = np.random.default_rng(7)
SCHEMA = drift_schema(numeric=4, categories=(2, 5))
SAMPLE = drift_rows(SCHEMA, 1000, seed=1, missing=0.02).matrix


Sample = NDArray[Any]


def _normal(rows: int, mean: float = 0.0) -> NDArray[np.float32]:
    return GENERATOR.normal(mean, 1, rows).astype(np.float32)


NUMBERS = {
    "no drift": (_normal(1000), _normal(300)),
    "a little drift": (_normal(1000), _normal(1000, 0.12)),
    "much drift": (_normal(1000), _normal(5000, 1.0)),
    "ties": (np.rint(3 * _normal(1000)), np.rint(3 * _normal(500, 0.1))),
    "two values": (np.repeat([0, 1], 500), np.repeat([0, 1], [200, 100])),
    "one value": (np.ones(1000), np.ones(300)),
    "nothing in common": (np.zeros(1000), np.ones(300)),
}
CODES = {
    "two categories": (GENERATOR.integers(0, 2, 1000), GENERATOR.integers(0, 2, 300)),
    "five, drifted": (GENERATOR.integers(0, 5, 1000), GENERATOR.integers(1, 5, 300)),
    "one that is new": (GENERATOR.integers(0, 3, 1000), GENERATOR.integers(0, 4, 300)),
    "a gap among the codes": (2 * GENERATOR.integers(0, 3, 1000), 2 * GENERATOR.integers(0, 3, 300)),
}


def _sorted(*samples: Sample) -> list[NDArray[np.float32]]:
    return [np.sort(np.asarray(sample, dtype=np.float32)) for sample in samples]


@pytest.mark.parametrize("samples", NUMBERS.values(), ids=list(NUMBERS))
def test_numbers_are_tested_as_scipy_does(samples: tuple[Sample, Sample]) -> None:
    first, second = _sorted(*samples)
    p_value, distance = kolmogorov_smirnov(first, second)
    expected = ks_2samp(first, second, method="asymp")
    assert distance == pytest.approx(expected.statistic, abs=1e-9)
    assert p_value == pytest.approx(expected.pvalue, abs=5e-3)
    if expected.pvalue < 0.02:
        assert p_value == pytest.approx(expected.pvalue, rel=1e-6)


@pytest.mark.parametrize("samples", CODES.values(), ids=list(CODES))
def test_categories_are_tested_as_scipy_does(samples: tuple[Sample, Sample]) -> None:
    first, second = _sorted(*samples)
    codes = np.union1d(first, second)
    table = [[np.count_nonzero(sample == code) for code in codes] for sample in (first, second)]
    expected = chi2_contingency(table)
    assert chi_squared(first, second) == pytest.approx((expected.pvalue, expected.statistic), rel=1e-9)


class Window(NamedTuple):
    """Rows, and whether they are an alarm."""

    rows: Matrix
    is_drift: bool


def _with(rows: Matrix, place: int, value: float, count: int) -> Matrix:
    changed = rows.copy()
    changed[:count, place] = value
    return changed


CLEAN = drift_rows(SCHEMA, 1000, seed=2, missing=0.02).matrix
WINDOWS = {
    "like the sample": Window(CLEAN, False),
    "half a deviation": Window(drift_rows(SCHEMA, 1000, seed=3, missing=0.02, shift=0.5).matrix, True),
    "one more category missing": Window(_with(CLEAN, 4, np.nan, 1), False),
    "a number gone": Window(_with(CLEAN, 0, np.nan, 1000), True),
    "a category gone": Window(_with(CLEAN, 5, np.nan, 1000), True),
    "a third of the numbers missing": Window(_with(CLEAN, 1, np.nan, 330), True),
    "a number that stands still": Window(_with(CLEAN, 2, 50.0, 1000), True),
    "one row": Window(CLEAN[:1], False),
    "infinite": Window(_with(CLEAN, 3, np.inf, 1), False),
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=list(WINDOWS))
def test_every_window_is_judged(window: Window) -> None:
    judgement = NativeEngine(SCHEMA, SAMPLE, 0.01).judge(window.rows)
    assert tuple(judgement.features) == SCHEMA.names
    assert np.isfinite(list(judgement.features.values())).all()
    assert judgement.is_drift is window.is_drift


def test_a_sample_without_missing_values_does_not_mind_them() -> None:
    whole = drift_rows(SCHEMA, 1000, seed=1).matrix
    engine = NativeEngine(SCHEMA, whole, 0.01)
    assert engine.judge(CLEAN).is_drift  # 2 % missing where none was
    assert not engine.judge(drift_rows(SCHEMA, 1000, seed=2).matrix).is_drift
