"""One pod unlike its peers is odd, and its rows judge no one else; several that differ are not."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from churn_operator.decide.drift.evidence import Signal
from support.drift_pods import Sidecar, Watch, world
from support.drift_rows import Rows

WORLD = world(numeric=4, categories=(4,))


def _plain(rows: Rows) -> Rows:
    return rows


def _dead(rows: Rows) -> Rows:
    rows.matrix[:, 0] = np.nan
    return rows


def _moved(rows: Rows) -> Rows:
    rows.matrix[:, 0] += 8
    return rows


def _other_scores(rows: Rows) -> Rows:
    return Rows(rows.matrix, rows.scores**2)


class Pods(NamedTuple):
    """What each pod does to its rows, which are odd, and what else is an alarm."""

    pods: list[Callable[[Rows], Rows]]
    odd: tuple[str, ...]
    alarms: set[Signal]


CASES = {
    "all alike": Pods([_plain] * 4, (), set()),
    "one of four is dead": Pods([_plain, _plain, _dead, _plain], ("pod-2",), {Signal.ODD_POD}),
    "one of four has moved": Pods([_moved, _plain, _plain, _plain], ("pod-0",), {Signal.ODD_POD}),
    "one of three scores otherwise": Pods([_plain, _other_scores, _plain], ("pod-1",), {Signal.ODD_POD}),
    "one of two is dead": Pods([_plain, _dead], ("pod-1",), {Signal.ODD_POD}),
    "the world has moved": Pods([_moved] * 3, (), {Signal.INPUT}),
    "all are dead": Pods([_dead] * 3, (), {Signal.FEED}),
    "a single pod": Pods([_plain], (), set()),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_odd_pod_is_named(case: Pods) -> None:
    watch = Watch(WORLD)
    pods = {f"pod-{number}": Sidecar(WORLD, str(number)) for number in range(len(case.pods))}
    for window in range(3):
        seeds = range(100 * window, 100 * window + len(case.pods))
        rows = [change(WORLD.rows(1000, seed)) for change, seed in zip(case.pods, seeds, strict=True)]
        watch.window(pods, dict(zip(pods, rows, strict=True)))
    assert watch.evidence.odd_pods == case.odd
    assert watch.failing == case.alarms


def test_two_kinds_of_traffic_make_no_pod_odd() -> None:
    watch = Watch(WORLD)
    pods = {f"pod-{number}": Sidecar(WORLD, str(number)) for number in range(4)}
    for window in range(3):
        each = {name: WORLD.rows(400, 10 * window + number) for number, name in enumerate(pods)}
        for name in ("pod-2", "pod-3"):
            _moved(each[name])
        watch.window(pods, each)
    assert Signal.ODD_POD not in watch.failing
    assert "several pods differ" in watch.state.windows[0].finding(Signal.ODD_POD).message
