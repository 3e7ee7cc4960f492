"""Counts add up over pods and are taken from later ones; nothing else about them is believed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts, difference, merge
from churn_models.drift.errors import CountsShrank, CountsUnlike
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.report import EngineReport, EngineWindow, Report
from churn_models.drift.row_counter import RowCounter
from churn_models.drift.score_counts import ScoreCounts
from churn_models.said import AnswerInvalid
from pydantic import ValidationError
from support.drift_rows import drift_reference, drift_rows, drift_schema

SCHEMA = drift_schema()
REFERENCE = drift_reference(SCHEMA, drift_rows(SCHEMA, 2000, seed=1))


def _counts(rows: int, seed: int) -> Counts:
    counter = RowCounter(SCHEMA, REFERENCE)
    made = drift_rows(SCHEMA, rows, seed, missing=0.1)
    counter.add(made.matrix, {"c0": 3}, made.scores)
    return counter.counts()


FIRST, SECOND = _counts(300, seed=2), _counts(500, seed=3)
BOTH = merge(FIRST, SECOND)
NOTHING = RowCounter(SCHEMA, REFERENCE).counts()
REPORT = Report(
    instance="1",
    digest=f"sha256:{'a' * 64}",
    version="7",
    started="2026-01-01T00:00:00+00:00",
    rows=FIRST.rows,
    dropped={"queue full": 3},
    features=FIRST.features,
    scores=FIRST.scores,
    cells=FIRST.cells,
    alike=0.01,
    engine=EngineReport(
        name="native",
        windows=(EngineWindow(start="a", end="b", rows=300, features={"n0": (0.5, 0.01)}, is_drift=False),),
    ),
)


def _with_feature(counts: Counts, name: str, feature: NumericCounts | CategoricalCounts) -> Counts:
    return counts.model_copy(update={"features": {**counts.features, name: feature}})


def test_a_difference_undoes_a_merge() -> None:
    assert BOTH.rows == 800
    later = difference(BOTH, FIRST)
    for name in ("n0", "n1", "c0"):
        found, wanted = later.features[name], SECOND.features[name]
        assert found.model_dump(exclude={"sum"}) == wanted.model_dump(exclude={"sum"})
    assert later.scores.bins == SECOND.scores.bins
    assert later.cells == SECOND.cells
    assert later.scores.calibrated_sums == pytest.approx(SECOND.scores.calibrated_sums)
    assert merge(FIRST, SECOND) == merge(SECOND, FIRST)
    assert merge(FIRST, NOTHING) == FIRST
    assert difference(FIRST, FIRST).rows == 0


def test_another_process_is_no_later_one() -> None:
    with pytest.raises(CountsShrank):
        difference(FIRST, SECOND)


OTHERS: dict[str, Callable[[], Counts]] = {
    "another feature": lambda: _with_feature(BOTH, "n9", BOTH.features["n0"]),
    "fewer bins": lambda: _with_feature(BOTH, "n0", NumericCounts(bins=(800,), magnitudes={0: 800})),
    "more categories": lambda: _with_feature(BOTH, "c0", CategoricalCounts(counts=(800, 0, 0, 0))),
    "a number that was a category": lambda: _with_feature(BOTH, "c0", BOTH.features["n0"]),
    "fewer bins of scores": lambda: BOTH.model_copy(
        update={"scores": ScoreCounts(bins=(800,), calibrated_sums=(1.0,))}
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_counts_of_another_bundle_do_not_add_up(other: Callable[[], Counts]) -> None:
    with pytest.raises(CountsUnlike):
        merge(FIRST, other())
    with pytest.raises(CountsUnlike):
        difference(other(), FIRST)


def test_a_report_is_read_as_it_was_written() -> None:
    assert Report.read(REPORT.model_dump_json().encode()) == REPORT
    assert REPORT.counts == FIRST


def test_readers_ignore_what_they_do_not_know() -> None:
    newer = json.loads(REPORT.model_dump_json())
    newer["mood"] = "good"
    newer["features"]["n0"]["skew"] = 1
    newer["features"]["c0"]["rare"] = 1
    newer["engine"]["windows"][0]["colour"] = "red"
    assert Report.read(json.dumps(newer).encode()) == REPORT


def test_a_sidecar_of_before_counts_no_cells_and_adds_up_all_the_same() -> None:
    old = FIRST.model_copy(update={"cells": ()})
    assert merge(old, SECOND).cells == merge(SECOND, old).cells == ()
    assert merge(old, SECOND).rows == 800
    assert difference(old, old).cells == ()


WRONG: dict[str, dict[str, Any]] = {
    "a word that nobody knows, from a writer": {"mood": "good"},
    "more rows than are counted": {"rows": 301},
    "rows in cells that are not there": {"cells": (301,)},
    "fewer than nothing": {"dropped": {"queue full": -1}},
    "no digest": {"digest": "latest"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=list(WRONG))
def test_nobody_writes_what_nobody_can_have_counted(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Report.model_validate({**REPORT.model_dump(), **change})


def test_nor_is_it_read() -> None:
    said = json.loads(REPORT.model_dump_json())
    said["features"]["n0"]["bins"][0] += 1
    with pytest.raises(AnswerInvalid):
        Report.read(json.dumps(said).encode())
    with pytest.raises(AnswerInvalid):
        Report.read(b"<html>")
