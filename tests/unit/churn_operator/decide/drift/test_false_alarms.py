"""How often there is an alarm without drift, and how soon there is one with it: many windows with the real counters."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.settings import DriftSettings
from support.drift_pods import Sidecar, Watch, world
from support.drift_rows import Rows
from support.figures import record

_SIZES = {300: 160, 500: 120, 1000: 100, 2000: 60, 5000: 40}
"""Rows of a window, and how many windows of each reference."""
_REFERENCES = 4


def test_without_drift_there_are_no_alarms() -> None:
    alarms = windows = 0
    for number in range(_REFERENCES):
        trained = world(seed=number)
        for rows, repeats in _SIZES.items():
            watch, pods = Watch(trained, DriftSettings(rows=rows)), {"a": Sidecar(trained, "1")}
            before: set[Signal] = set()
            for seed in range(repeats):
                now = watch.window(pods, {"a": trained.rows(rows, 10_000 * number + 1_000 * rows + seed)})
                alarms += len(now - before)
                before = now
            windows += repeats
            assert watch.state.judged == repeats
    assert record("false_alarms_per_1000", 1000 * alarms / windows, "alarms", "<= 1").holds


class Clusters(NamedTuple):
    """Requests of so many rows that share a segment, and how much of the variance that is."""

    rows: int
    of: int
    correlation: float
    windows: int


CLUSTERS = {
    "20 rows, 0.05": Clusters(1000, 20, 0.05, 150),
    "20 rows, 0.2": Clusters(1000, 20, 0.2, 150),
    "20 rows, 0.2, large windows": Clusters(5000, 20, 0.2, 60),
    # The tap takes 8 rows of a request.
    "8 rows, 0.5": Clusters(1000, 8, 0.5, 150),
}


def _clustered(rng: np.random.Generator, case: Clusters) -> Rows:
    """Each number has the mean 50 and the deviation 10 all the same."""
    segments = rng.normal(0, np.sqrt(case.correlation), (case.rows // case.of, 15))
    noise = rng.normal(0, np.sqrt(1 - case.correlation), (case.rows, 15))
    matrix = 50 + 10 * (np.repeat(segments, case.of, axis=0) + noise)
    matrix[:, 1::2] = np.rint(matrix[:, 1::2])
    return Rows(matrix.astype(np.float32), rng.beta(2, 5, case.rows))


@pytest.mark.parametrize("case", CLUSTERS.values(), ids=CLUSTERS)
def test_clustered_traffic_makes_few_alarms(case: Clusters) -> None:
    trained, rng = world(categories=()), np.random.default_rng(7)
    watch, pods = Watch(trained, DriftSettings(rows=case.rows)), {"a": Sidecar(trained, "1")}
    alarmed = sum(bool(watch.window(pods, {"a": _clustered(rng, case)})) for _ in range(case.windows))
    name = f"clustered_alarms_{case.rows}_{case.of}_{case.correlation}"
    assert record(name, alarmed / case.windows, "share of windows in alarm", "<= 0.05").holds


@pytest.mark.parametrize("rows", [300, 1000])
def test_a_feature_that_moves_by_half_a_deviation_is_found_within_three_windows(rows: int) -> None:
    trained, found = world(), []
    for trial in range(60):
        watch, pods = Watch(trained, DriftSettings(rows=rows)), {"a": Sidecar(trained, "1")}
        alarms: set[Signal] = set()
        for window in range(3):
            moved = trained.rows(rows, 500_000 + 10 * trial + window)
            moved.matrix[:, trial % 15] += 5
            alarms |= watch.window(pods, {"a": moved})
        found.append(alarms)
    assert all(alarms <= {Signal.INPUT} for alarms in found)
    share = np.mean([Signal.INPUT in alarms for alarms in found])
    assert record(f"half_deviation_found_{rows}", float(share), "share within 3 windows", ">= 0.95").holds
