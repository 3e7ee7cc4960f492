"""Cost that grows with the table: memory by the row, and intervals that need no bootstrap.

A million rows are measured by `make bench-training FIGURE=million_rows`; here the slope from a few rows to many.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from churn_training.evaluate import with_intervals
from churn_training.metrics import measure
from support.measured_command import run_command
from support.wide_table import wide_customers, write_wide_ensemble

FEW, MANY = 10_000, 150_000

BYTES_PER_ROW = 900
"""A million rows then take 860 MiB beside the libraries' 250, as `ingest` may in its Job; measured are about 550."""

TIMES_ONE_MEASUREMENT = 60
"""A bootstrap of 200 resamples takes 200 times as long as measuring once."""


@pytest.mark.case("36-a-million-customers")
def test_memory_by_the_row_lets_a_million_into_a_job(tmp_path: Path) -> None:
    ensemble = write_wide_ensemble(tmp_path / "wide")
    peaks = []
    for rows in (FEW, MANY):
        wide_customers(rows).to_csv(tmp_path / "customers.csv", index=False)
        peaks.append(run_command("check", "--ensemble", ensemble, str(tmp_path / "customers.csv")).rss_mib)
    assert (peaks[1] - peaks[0]) * 2**20 / (MANY - FEW) <= BYTES_PER_ROW


@pytest.mark.case("36-a-million-customers")
def test_intervals_of_many_rows_cost_no_bootstrap() -> None:
    generator = np.random.default_rng(0)
    scores = generator.random(100_000)
    target = (generator.random(100_000) < scores).astype(np.int64)
    once = min(_seconds(lambda: measure(target, scores, 0.5)) for _ in range(3))
    intervals = min(_seconds(lambda: with_intervals(target, scores, 0, 0.5)) for _ in range(3))
    assert intervals <= TIMES_ONE_MEASUREMENT * once


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
