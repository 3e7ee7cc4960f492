"""Pods that come and go are counted as one pod would count all rows: windows are differences of reports, merged.

The reader asks every pod from time to time, as the operator does. It loses what a sidecar counted after the last time
that it was asked, and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice

import numpy as np
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts, difference, merge
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.report import Report
from churn_models.drift.row_counter import RowCounter
from churn_runtimes.drift.sidecar import Sidecar
from support.drift_rows import Rows, drift_rows
from support.figures import record
from support.watched_bundle import DIGEST, OTHER_DIGEST, SCHEMA, TRAINED, Clock, message, part, sidecar, watched

BUNDLES = {digest: watched(SCHEMA, TRAINED, digest) for digest in (DIGEST, OTHER_DIGEST)}
ROWS = drift_rows(SCHEMA, 40_000, seed=9, missing=0.02, shift=0.2)
REQUEST = 5


@dataclass
class Reader:
    """Keeps of each sidecar the last report, and of each bundle the merged rows since the window began."""

    last: dict[str, Report] = field(default_factory=dict)
    windows: dict[str, Counts] = field(default_factory=dict)

    def read(self, pod: Sidecar) -> None:
        """Ask one pod."""
        said = Report.read(pod.report().model_dump_json().encode())
        before = self.last.get(said.instance)
        new = difference(said.counts, before.counts) if before else said.counts
        self.last[said.instance] = said
        known = self.windows.get(said.digest)
        self.windows[said.digest] = merge(known, new) if known else new


class Fleet:
    """Serving pods, each with a sidecar; requests come to them in turn. One pod more has all rows of each bundle."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pods: list[Sidecar] = []
        self.reader = Reader()
        self.all_rows = {digest: RowCounter(SCHEMA, bundle.reference) for digest, bundle in BUNDLES.items()}
        self.lost = 0
        self._requests: Iterator[Rows] = (part(ROWS, begin, begin + REQUEST) for begin in count(0, REQUEST))
        self._turns = count()

    def start(self, digest: str = DIGEST) -> None:
        """One more pod."""
        self.pods.append(sidecar(self.clock, BUNDLES[digest]))

    def ask(self, requests: int) -> None:
        """Let users ask."""
        for rows in islice(self._requests, requests):
            pod = self.pods[next(self._turns) % len(self.pods)]
            pod.take(message(rows, digest=pod.watched.digest))
            self.all_rows[pod.watched.digest].add(rows.matrix, {}, rows.scores)

    def read(self) -> None:
        """The operator's round."""
        for pod in self.pods:
            self.reader.read(pod)

    def end(self, pod: int) -> Sidecar:
        """It is drained, so that the reader has heard all that it counted."""
        self.reader.read(self.pods[pod])
        return self.pods.pop(pod)

    def kill(self, pod: int) -> None:
        """Its sidecar begins again; what it had not told is lost, and no more than that."""
        killed = self.pods[pod]
        told = self.reader.last[killed.report().instance].rows
        self.lost += killed.report().rows - told
        self.pods[pod] = sidecar(self.clock, killed.watched)


def _divergences(merged: Counts, single: Counts) -> list[str]:
    """Features whose counts differ; `repeats` is of each pod's own order of rows."""
    names = [name for name in single.features if _plain(merged, name) != _plain(single, name)]
    return names + ["scores"] * (merged.scores.bins != single.scores.bins)


def _plain(counts: Counts, name: str) -> tuple[object, ...]:
    found = counts.features[name]
    if isinstance(found, CategoricalCounts):
        return found.counts, found.missing, found.unseen
    assert isinstance(found, NumericCounts)
    return found.bins, found.missing, found.outside, found.magnitudes, round(found.sum, 3)


def test_pods_that_come_and_go_count_as_one() -> None:
    fleet = Fleet()
    for _ in range(4):
        fleet.start()
    fleet.ask(400)
    fleet.read()
    fleet.ask(133)
    fleet.end(1)  # the autoscaler goes in
    fleet.ask(200)
    fleet.read()
    fleet.start()
    fleet.start()  # and out
    fleet.ask(300)
    fleet.read()
    fleet.kill(2)  # told everything before
    fleet.ask(200)
    fleet.read()
    for pod in range(3):  # a rolling update in the middle of a window
        fleet.start(OTHER_DIGEST)
        fleet.ask(70)
        fleet.end(pod % 2)
        fleet.ask(50)
    fleet.read()
    assert fleet.lost == 0
    divergences = []
    for digest, merged in fleet.reader.windows.items():
        single = fleet.all_rows[digest].counts()
        assert merged.rows == single.rows > 0
        divergences += _divergences(merged, single)
    figure = record("merge_divergences", len(divergences), "features that pods and one pod count differently", "<= 0")
    assert figure.holds, divergences


def test_a_killed_sidecar_loses_what_it_has_not_told_and_no_more() -> None:
    fleet = Fleet()
    for _ in range(4):
        fleet.start()
    fleet.ask(400)
    fleet.read()
    fleet.ask(40)  # an interval's
    fleet.kill(0)
    fleet.ask(100)
    fleet.read()
    merged, single = fleet.reader.windows[DIGEST], fleet.all_rows[DIGEST].counts()
    assert fleet.lost == 10 * REQUEST
    assert merged.rows == single.rows - fleet.lost
    assert np.isclose(sum(merged.scores.calibrated_sums), sum(single.scores.calibrated_sums), rtol=0.05)
