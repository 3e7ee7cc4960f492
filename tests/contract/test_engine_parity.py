"""The native engine beside alibi-detect on the same windows: equal statistics, equal verdicts, none lost by either."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_runtimes.drift.engine import EngineName, Judgement
from support.drift_rows import drift_rows, drift_schema
from support.figures import record
from support.judged_windows import Judged, judged

SCHEMA = drift_schema(numeric=15, categories=(2, 3, 3, 10, 4))
SIZES = (300, 500, 1_000, 2_000, 5_000)
Change = Callable[[Matrix, np.random.Generator], None]
"""In place, of some columns: 0 and 1 are numbers, the second one whole; -1 is a category of four, -5 one of two."""


def _unchanged(rows: Matrix, _: np.random.Generator) -> None:
    pass


def _missing(rows: Matrix, generator: np.random.Generator) -> None:
    rows[generator.random(rows.shape) < 0.002] = np.nan


def _infinite(rows: Matrix, generator: np.random.Generator) -> None:
    rows[:, 0] = np.where(generator.random(len(rows)) < 0.02, np.inf, rows[:, 0])
    rows[:, 2] = np.where(generator.random(len(rows)) < 0.02, -np.inf, rows[:, 2])
    rows[:9, 2] = np.nan


def _unseen(rows: Matrix, generator: np.random.Generator) -> None:
    rows[generator.random(len(rows)) < 0.01, -1] = np.nan
    rows[generator.random(len(rows)) < 0.005, -5] = np.nan


def _all_missing(rows: Matrix, _: np.random.Generator) -> None:
    rows[:, [0, -1]] = np.nan


def _constant(rows: Matrix, _: np.random.Generator) -> None:
    rows[:, [1, -1]] = rows[0, [1, -1]]


def _ties(rows: Matrix, _: np.random.Generator) -> None:
    rows[:, :15] = np.rint(rows[:, :15] / 10) * 10


def _near_the_threshold(rows: Matrix, generator: np.random.Generator) -> None:
    """Moved by about what a window of this size just shows."""
    rows[:, :2] += np.float32(10 * generator.uniform(1.5, 2.5) * np.sqrt(1 / len(rows) + 1 / 1_000))


def _fewer_categories(rows: Matrix, _: np.random.Generator) -> None:
    rows[:, -2] = np.minimum(rows[:, -2], 7)


def _moved(rows: Matrix, _: np.random.Generator) -> None:
    rows[:, 3] += 5


CHANGES: Mapping[str, Change] = {
    "unchanged": _unchanged,
    "missing": _missing,
    "infinite": _infinite,
    "unseen": _unseen,
    "all missing": _all_missing,
    "constant": _constant,
    "ties": _ties,
    "near the threshold": _near_the_threshold,
    "near the threshold, others": _near_the_threshold,
    "fewer categories": _fewer_categories,
    "moved": _moved,
}
SAMPLES: tuple[Change, ...] = (_unchanged, _missing, _constant, _all_missing, _ties)
"""What the reference sample may be like, too."""


def _group(number: int, change_of_sample: Change) -> Judged:
    generator = np.random.default_rng(number)
    sample = drift_rows(SCHEMA, 1_000, seed=number).matrix
    change_of_sample(sample, generator)
    windows = []
    for size in SIZES:
        for change in CHANGES.values():
            rows = drift_rows(SCHEMA, size, seed=int(generator.integers(1 << 30))).matrix
            if change_of_sample is _ties:
                _ties(rows, generator)
            change(rows, generator)
            windows.append(rows)
    return Judged(SCHEMA, sample, windows)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Judgement | None, Judgement | None]]:
    groups = [_group(number, change) for number, change in enumerate(SAMPLES)]
    both = [judged(engine, groups, tmp_path_factory.mktemp(engine.value)) for engine in EngineName]
    native, alibi = ([window for group in found for window in group] for found in both)
    return list(zip(native, alibi, strict=True))


def test_no_window_is_lost(pairs: list[tuple[Judgement | None, Judgement | None]]) -> None:
    assert len(pairs) == len(SAMPLES) * len(SIZES) * len(CHANGES) >= 180
    lost = sum(said is None or not np.isfinite([*said.features.values()]).all() for both in pairs for said in both)
    assert record("lost_windows", lost, f"of {len(pairs)} windows, by either engine", "<= 0").holds


def test_statistics_are_equal(pairs: list[tuple[Judgement | None, Judgement | None]]) -> None:
    """alibi-detect keeps them in single precision: a chi-squared above 1 is compared by its share."""
    worst = 0.0
    for native, alibi in pairs:
        assert native and alibi
        for name, (_, distance) in native.features.items():
            worst = max(worst, abs(distance - alibi.features[name][1]) / max(1.0, distance))
    assert record("parity_stat_diff", worst, "of the statistic", "<= 1e-6").holds


def test_verdicts_are_equal(pairs: list[tuple[Judgement | None, Judgement | None]]) -> None:
    agreed = [bool(native and alibi and native.is_drift == alibi.is_drift) for native, alibi in pairs]
    quiet = np.mean([bool(native and not native.is_drift) for native, _ in pairs])
    assert 0.2 < quiet < 0.8, "all alike would show nothing"
    assert record("parity_verdict_agreement", float(np.mean(agreed)), f"of {len(pairs)} windows", ">= 0.99").holds
