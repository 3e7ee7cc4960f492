"""What the tap takes of a request, and how large a report of many features is."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from churn_models.drift.report import EngineReport, EngineWindow, Report
from churn_models.drift.row_counter import RowCounter
from churn_models.encoding import Encoded
from churn_runtimes.tap.tap import Tap
from support.drift_rows import drift_reference, drift_rows, drift_schema
from support.figures import record

_SLOWEST = 3
"""Times the bar of a figure: clouds have phases in which a core takes nearly twice as long."""
ROUNDS = 20
CALLS = 2_000
NAMES = tuple(f"feature {place}" for place in range(19))
ROWS = {"1 row": 1, "8 rows": 8, "64 rows": 64, "1,000 rows": 1000}


def _p99_microseconds(call: Callable[[], object], between: Callable[[], object]) -> float:
    """By the thread's own clock, so that neighbours' turns on the core do not count, and the best of the rounds."""
    found = []
    for _ in range(ROUNDS):
        times = []
        for _ in range(CALLS):
            began = time.thread_time_ns()
            call()
            times.append(time.thread_time_ns() - began)
        between()
        found.append(float(np.percentile(times, 99)) / 1000)
    return min(found)


@pytest.mark.parametrize("unseen", [{}, {"feature 3": 1}], ids=["usual", "with an unseen category"])
def test_the_tap_takes_a_few_microseconds(unseen: dict[str, int]) -> None:
    found = {}
    for name, rows in ROWS.items():
        tap = Tap(NAMES)
        matrix = np.full((rows, len(NAMES)), np.nan, dtype=np.float32)
        encoded, scores = Encoded(matrix, unseen), np.zeros(rows)
        found[name] = _p99_microseconds(lambda: tap.offer(encoded, scores), lambda: tap.take(1 << 30))  # noqa: B023
    worst = max(found.values())
    told = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    # Of a long request's rows with an unseen category, those that are taken have to be found.
    figure, bar = ("tap_unseen_p99_us", 20) if unseen else ("tap_p99_us", 5)
    record(figure, worst, f"us in the request's path: {told}", f"<= {bar}")
    assert worst <= _SLOWEST * bar, told


def test_a_full_queue_takes_no_longer() -> None:
    tap = Tap(NAMES)
    encoded, scores = Encoded(np.zeros((1, len(NAMES)), dtype=np.float32), {}), np.zeros(1)
    for _ in range(10_000):
        tap.offer(encoded, scores)
    found = _p99_microseconds(lambda: tap.offer(encoded, scores), int)
    record("tap_full_p99_us", found, "us, where a full queue drops", "<= 5")
    assert found <= _SLOWEST * 5


def test_a_report_of_200_features() -> None:
    schema = drift_schema(numeric=150, categories=(2, 3, 5, 10, 20) * 10)
    reference = drift_reference(schema, drift_rows(schema, 5000, seed=1))
    counter = RowCounter(schema, reference)
    for seed in range(20):
        rows = drift_rows(schema, 50_000, seed=seed, missing=0.01)
        counter.add(rows.matrix, {}, rows.scores)
    counts = counter.counts()
    features = {name: (0.0123456, 0.0456789) for name in schema.names}
    time_ = "2026-01-01T00:00:00.000000+00:00"
    window = EngineWindow(start=time_, end=time_, rows=1000, features=features, is_drift=False)
    report = Report(
        instance="0" * 36,
        digest=f"sha256:{'a' * 64}",
        version="7",
        started=time_,
        last_row=time_,
        rows=counts.rows,
        features=counts.features,
        scores=counts.scores,
        engine=EngineReport(name="native", windows=(window,) * 8),
    )
    size = len(report.model_dump_json())
    assert record("report_bytes_200_features", size, "bytes of /report after a million rows", "<= 400000").holds
