"""Every engine of the drift sidecar through one suite; the windows that alibi-detect by itself loses are among them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.drift.engine import EngineName, Judgement
from churn_runtimes.drift.engines import open_engine
from churn_runtimes.drift.errors import EngineMissing
from support.drift_rows import drift_rows, drift_schema
from support.figures import record
from support.judged_windows import SIGNIFICANCE, Judged, judged

MIXED = drift_schema(numeric=15, categories=(2, 3, 3, 10, 4))
"""Its features n0 … n14, of which the odd ones are whole numbers with many ties, and c0 … c4."""
SIZES = (300, 1_000, 2_000, 5_000)
SAMPLES = 8
WINDOWS = 16
"""Without drift, for each sample and size."""


class Case(NamedTuple):
    """A window, and the features that must be found to have drifted."""

    sample: Matrix
    window: Matrix
    drifted: frozenset[str] = frozenset()
    schema: FeatureSchema = MIXED


def _rows(seed: int, rows: int = 1_000, missing: float = 0.0, schema: FeatureSchema = MIXED) -> Matrix:
    return drift_rows(schema, rows, seed, missing).matrix


def _changed(rows: Matrix, name: str, values: object) -> Matrix:
    changed = rows.copy()
    changed[:, MIXED.names.index(name)] = values
    return changed


def _column(rows: Matrix, name: str) -> Matrix:
    return rows[:, MIXED.names.index(name)]


def _some_missing(rows: Matrix, name: str, share: float) -> Matrix:
    missing = np.random.default_rng(1).random(len(rows)) < share
    return _changed(rows, name, np.where(missing, np.nan, _column(rows, name)))


SAMPLE, GAPS, ROWS = _rows(0), _rows(1, missing=0.05), _rows(2)
NUMBERS, WORDS = drift_schema(numeric=4, categories=()), drift_schema(numeric=0, categories=(3, 2))
CASES = {
    "nothing has changed": Case(SAMPLE, ROWS),
    "a number moved by half a deviation": Case(
        SAMPLE, _changed(ROWS, "n0", _column(ROWS, "n0") + 5), frozenset({"n0"})
    ),
    "a number with ties moved by half a deviation": Case(
        SAMPLE, _changed(ROWS, "n1", _column(ROWS, "n1") + 5), frozenset({"n1"})
    ),
    "other shares of categories": Case(SAMPLE, _changed(ROWS, "c3", np.arange(len(ROWS)) % 10), frozenset({"c3"})),
    "one missing number": Case(SAMPLE, _changed(ROWS, "n0", [np.nan, *_column(ROWS, "n0")[1:]])),
    "one missing or unseen category": Case(SAMPLE, _changed(ROWS, "c1", [np.nan, *_column(ROWS, "c1")[1:]])),
    "a drifted number some of which is missing": Case(
        SAMPLE, _some_missing(_changed(ROWS, "n0", _column(ROWS, "n0") + 1_000), "n0", 0.05), frozenset({"n0"})
    ),
    "as much missing as in training": Case(GAPS, _rows(4, missing=0.05)),
    "numbers missing more often than in training": Case(SAMPLE, _some_missing(ROWS, "n2", 0.2), frozenset({"n2"})),
    "categories unseen more often than in training": Case(SAMPLE, _some_missing(ROWS, "c4", 0.05), frozenset({"c4"})),
    "a number that is always missing": Case(SAMPLE, _changed(ROWS, "n0", np.nan), frozenset({"n0"})),
    "a category that is always missing": Case(SAMPLE, _changed(ROWS, "c0", np.nan), frozenset({"c0"})),
    "always missing, in training too": Case(
        _changed(_changed(SAMPLE, "n0", np.nan), "c0", np.nan), _changed(_changed(ROWS, "n0", np.nan), "c0", np.nan)
    ),
    "a number that stands still": Case(SAMPLE, _changed(ROWS, "n0", 50), frozenset({"n0"})),
    "constant, in training too": Case(
        _changed(_changed(SAMPLE, "n1", 7), "c1", 2), _changed(_changed(ROWS, "n1", 7), "c1", 2)
    ),
    "a category on neither side": Case(
        _changed(SAMPLE, "c4", _column(SAMPLE, "c4") % 2), _changed(ROWS, "c4", _column(SAMPLE, "c4") % 2)
    ),
    "infinite numbers": Case(SAMPLE, _changed(ROWS, "n0", np.inf), frozenset({"n0"})),
    "infinite numbers of both signs beside missing ones": Case(
        SAMPLE, _changed(ROWS, "n0", np.resize([np.inf, -np.inf, np.nan], len(ROWS))), frozenset({"n0"})
    ),
    "one row": Case(SAMPLE, ROWS[:1]),
    "numbers alone": Case(_rows(0, schema=NUMBERS), _rows(1, schema=NUMBERS), schema=NUMBERS),
    "categories alone": Case(_rows(0, schema=WORDS), _rows(1, schema=WORDS), schema=WORDS),
}
Judgements = Mapping[str, Judgement | None]


@pytest.fixture(scope="module", params=EngineName)
def engine(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.param
    return name


@pytest.fixture(scope="module")
def judgements(engine: EngineName, tmp_path_factory: pytest.TempPathFactory) -> Judgements:
    groups = [Judged(case.schema, case.sample, [case.window]) for case in CASES.values()]
    found = judged(engine, groups, tmp_path_factory.mktemp(engine.value))
    return dict(zip(CASES, (window for (window,) in found), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_drifted_features_alone_are_found(judgements: Judgements, name: str) -> None:
    case, found = CASES[name], judgements[name]
    assert found is not None
    assert tuple(found.features) == case.schema.names
    threshold = SIGNIFICANCE / len(case.schema.names)
    assert {feature for feature, (p_value, _) in found.features.items() if p_value < threshold} == case.drifted
    assert found.is_drift == bool(case.drifted)


@pytest.mark.parametrize("name", CASES)
def test_p_values_and_distances_are_numbers(judgements: Judgements, name: str) -> None:
    found = judgements[name]
    assert found is not None
    for place, (p_value, distance) in enumerate(found.features.values()):
        assert 0 <= p_value <= 1
        assert 0 <= distance < (np.inf if place in CASES[name].schema.categorical_positions else 1 + 1e-6)


def test_alarms_without_drift_are_as_rare_as_the_significance_says(engine: EngineName, tmp_path: Path) -> None:
    groups = [
        Judged(MIXED, _rows(seed), [_rows(1_000 * (seed + 1) + n, size) for size in SIZES for n in range(WINDOWS)])
        for seed in range(SAMPLES)
    ]
    alarms = [said is None or said.is_drift for group in judged(engine, groups, tmp_path) for said in group]
    assert len(alarms) == SAMPLES * len(SIZES) * WINDOWS
    name = f"{engine.value.replace('-', '_')}_false_alarm_rate"
    assert record(name, float(np.mean(alarms)), "of windows without drift", "<= 0.02").holds


def test_alibi_detect_is_named_where_it_is_not_installed() -> None:
    with pytest.raises(EngineMissing, match="churnserve/drift"):
        open_engine(EngineName.ALIBI_DETECT, MIXED, SAMPLE, SIGNIFICANCE)
