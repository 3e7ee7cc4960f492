"""A sidecar counts what the tap sends, closes windows by rows and age, and is never stopped by an engine."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_models.drift.report import WINDOWS, Report
from churn_models.encoding import Matrix
from churn_runtimes.drift.engine import Judgement
from churn_runtimes.drift.windows import WindowRule
from support.drift_rows import Rows, drift_rows
from support.figures import record
from support.watched_bundle import OTHER_DIGEST, SCHEMA, Clock, message, part, sidecar

ROWS = drift_rows(SCHEMA, 1000, seed=2, missing=0.01)
DRIFTED = drift_rows(SCHEMA, 1000, seed=3, missing=0.01, shift=1.0)
RULE = WindowRule(rows=1000, min_rows=300, min_seconds=60, max_seconds=900)


class Age(NamedTuple):
    """So many rows in so many seconds, and whether that is a window."""

    rows: int
    seconds: float
    is_window: bool


AGES = {
    "full at once": Age(1000, 1, False),
    "full after a minute": Age(1000, 60, True),
    "a few after a minute": Age(300, 60, False),
    "a few after a quarter": Age(300, 900, True),
    "fewer after a quarter": Age(299, 900, False),
    "one after a week": Age(1, 7 * 86_400, True),
}


@pytest.mark.parametrize("age", AGES.values(), ids=list(AGES))
def test_a_window_is_over_by_rows_and_age(age: Age) -> None:
    clock = Clock()
    made = sidecar(clock, rule=RULE)
    made.take(message(part(ROWS, 0, age.rows)))
    clock.move(age.seconds)
    made.close_window()
    assert made.report().engine.judged == age.is_window
    assert (made.windows.rows == 0) == age.is_window


def test_a_report_tells_counts_and_what_the_engine_found() -> None:
    clock = Clock()
    made = sidecar(clock)
    for rows in (ROWS, DRIFTED):
        clock.move(5)
        made.take(message(rows, queue_full=3))
        clock.move(61)
        made.close_window()
    said = Report.read(made.report().model_dump_json().encode())
    assert (said.rows, said.version, said.dropped) == (2000, "7", {"queue_full": 6})
    assert said.started == "2026-01-01T00:00:00+00:00"
    assert said.last_row == "2026-01-01T00:01:11+00:00"
    first, second = said.engine.windows
    assert (first.is_drift, second.is_drift) == (False, True)
    assert (first.rows, first.start, first.end) == (1000, "2026-01-01T00:00:05+00:00", "2026-01-01T00:01:06+00:00")
    assert set(second.features) == set(SCHEMA.names)
    assert made.last_window is not None
    assert made.last_window.rows == 1000


def test_a_report_keeps_the_newest_windows() -> None:
    clock = Clock()
    made = sidecar(clock)
    for _ in range(WINDOWS + 3):
        made.take(message(ROWS))
        clock.move(61)
        made.close_window()
    engine = made.report().engine
    assert (len(engine.windows), engine.judged) == (WINDOWS, WINDOWS + 3)


def _with(place: int, value: float) -> bytes:
    matrix = ROWS.matrix[:4].copy()
    matrix[0, place] = value
    return message(Rows(matrix, ROWS.scores[:4]))


NOT_COUNTED = {
    "garbage": (b"garbage", {"garbled": 1}),
    "rows of another bundle": (message(part(ROWS, 0, 4), digest=OTHER_DIGEST), {"other_bundle": 4}),
    "rows of another width": (message(Rows(ROWS.matrix[:4, :2], ROWS.scores[:4])), {"garbled": 4}),
    "a code that no category has": (_with(3, 7.0), {"garbled": 4}),
    "an infinite number": (_with(0, float("inf")), {"garbled": 4}),
    "a negative code": (_with(4, -1.0), {"garbled": 4}),
}


@pytest.mark.parametrize(("content", "dropped"), NOT_COUNTED.values(), ids=list(NOT_COUNTED))
def test_what_cannot_be_counted_is_dropped_and_told(content: bytes, dropped: dict[str, int]) -> None:
    made = sidecar(Clock())
    made.take(content)
    made.take(message(part(ROWS, 0, 10)))
    said = made.report()
    assert (said.rows, said.dropped) == (10, dropped)


class Broken:
    """An engine that fails at every other window."""

    def __init__(self) -> None:
        self._calls = 0

    def judge(self, window: Matrix) -> Judgement:
        """As Engine says."""
        self._calls += 1
        if self._calls % 2:
            raise ValueError("expected frequency zero")
        return Judgement({name: (1.0, 0.0) for name in SCHEMA.names}, False)


def test_an_engine_that_fails_loses_its_window_alone(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    made = sidecar(clock, engine=Broken())
    for _ in range(4):
        made.take(message(ROWS))
        clock.move(61)
        made.close_window()
    said = made.report()
    assert (said.engine.judged, said.engine.lost, said.rows) == (2, 2, 4000)
    assert "failed at a window" in caplog.text


def test_no_window_is_lost_to_a_value_that_is_missing_or_unseen() -> None:
    clock = Clock()
    made = sidecar(clock)
    generator = np.random.default_rng(5)
    for place in range(len(SCHEMA.names)):
        for share in (0.001, 0.1, 0.5, 1.0):
            matrix = ROWS.matrix.copy()
            matrix[generator.random(len(matrix)) < share, place] = np.nan
            made.take(message(Rows(matrix, ROWS.scores), {SCHEMA.names[-1]: 3}))
            clock.move(61)
            made.close_window()
    engine = made.report().engine
    assert engine.judged == 4 * len(SCHEMA.names)
    assert record("lost_windows", engine.lost, "windows with missing and unseen values, native engine", "<= 0").holds
