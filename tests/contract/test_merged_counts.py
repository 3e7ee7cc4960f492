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
from churn_operator.decide.drift.advance import advance
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.evidence_of_state import evidence_of_state
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_runtimes.drift.sidecar import Sidecar
from support.drift_rows import Rows, drift_rows
from support.figures import record
from support.watched_bundle import DIGEST, OTHER_DIGEST, SCHEMA, TRAINED, Clock, message, part, sidecar, watched

BUNDLES = {digest: watched(SCHEMA, TRAINED, digest) for digest in (DIGEST, OTHER_DIGEST)}
_LIKE, _DRIFTED = drift_rows(SCHEMA, 4_000, seed=9, missing=0.01), drift_rows(SCHEMA, 40_000, seed=8, shift=1.0)
ROWS = Rows(np.concatenate([_LIKE.matrix, _DRIFTED.matrix]), np.concatenate([_LIKE.scores, _DRIFTED.scores]))
Verdicts = dict[Signal, GateVerdict]
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
    """Serving pods, each with a sidecar; requests come to them in turn. One sidecar more has all rows of a bundle."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pods: dict[str, Sidecar] = {}
        self.reader = Reader()
        self.whole = {digest: sidecar(self.clock, bundle) for digest, bundle in BUNDLES.items()}
        self.states = {(digest, kind): DriftState("r", digest) for digest in BUNDLES for kind in ("pods", "whole")}
        self.verdicts: list[tuple[Verdicts, Verdicts]] = []
        """Of each round and bundle, by the pods' reports and by the one that has all rows."""
        self.lost = 0
        self._requests: Iterator[Rows] = (part(ROWS, begin, begin + REQUEST) for begin in count(0, REQUEST))
        self._turns = count()

    def start(self, name: str, digest: str = DIGEST) -> None:
        """One more pod."""
        self.pods[name] = sidecar(self.clock, BUNDLES[digest])

    def ask(self, requests: int) -> None:
        """Let users ask."""
        pods = list(self.pods.values())
        for rows in islice(self._requests, requests):
            pod = pods[next(self._turns) % len(pods)]
            for one in (pod, self.whole[pod.watched.digest]):
                one.take(message(rows, digest=pod.watched.digest))

    def read(self) -> None:
        """The operator's round."""
        self.clock.move(30)
        for pod in self.pods.values():
            self.reader.read(pod)
        for digest in BUNDLES:
            ours = {name: pod.report() for name, pod in self.pods.items() if pod.watched.digest == digest}
            pods = self._advance(digest, "pods", ours)
            self.verdicts.append((pods, self._advance(digest, "whole", {"whole": self.whole[digest].report()})))

    def end(self, name: str) -> None:
        """It is drained, and the reader has heard all that it counted."""
        self.read()
        del self.pods[name]

    def kill(self, name: str) -> None:
        """Its sidecar begins again; what it had not told is lost, and no more than that."""
        killed = self.pods[name]
        told = self.reader.last[killed.report().instance].rows
        self.lost += killed.report().rows - told
        self.start(name, killed.watched.digest)

    def _advance(self, digest: str, kind: str, reports: dict[str, Report]) -> Verdicts:
        now = self.clock().isoformat().replace("+00:00", "Z")
        state = advance(self.states[digest, kind], reports, BUNDLES[digest].reference, DriftSettings(), now)
        self.states[digest, kind] = state
        evidence = evidence_of_state(state, now)
        # Whether a pod is unlike its peers, one pod cannot tell.
        return {signal: evidence.of(signal).verdict for signal in Signal if signal is not Signal.ODD_POD}


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
    for name in "abcd":
        fleet.start(name)
    for _ in range(3):
        fleet.ask(240)
        fleet.read()
    fleet.end("b")  # the autoscaler goes in
    fleet.ask(200)
    fleet.read()
    fleet.start("e")
    fleet.start("f")  # and out
    for _ in range(6):
        fleet.ask(240)
        fleet.read()
    fleet.kill("c")  # told everything before
    fleet.ask(240)
    fleet.read()
    for name, old in (("x", "a"), ("y", "c"), ("z", "d")):  # a rolling update in the middle of a window
        fleet.start(name, OTHER_DIGEST)
        fleet.ask(120)
        fleet.end(old)
    for _ in range(6):
        fleet.ask(240)
        fleet.read()
    assert fleet.lost == 0
    divergences: list[object] = [pair for pair in fleet.verdicts if pair[0] != pair[1]]
    for digest, merged in fleet.reader.windows.items():
        single = fleet.whole[digest].report().counts
        assert merged.rows == single.rows > 0
        divergences += _divergences(merged, single)
    figure = record("merge_divergences", len(divergences), "verdicts and features that differ from one pod's", "<= 0")
    assert figure.holds, divergences
    told = {verdict for pods, _ in fleet.verdicts for verdict in pods.values()}
    assert told == {GateVerdict.PASS, GateVerdict.FAIL, GateVerdict.UNKNOWN}


def test_a_killed_sidecar_loses_what_it_has_not_told_and_no_more() -> None:
    fleet = Fleet()
    for name in "abcd":
        fleet.start(name)
    fleet.ask(400)
    fleet.read()
    fleet.ask(40)  # an interval's
    fleet.kill("a")
    fleet.ask(100)
    fleet.read()
    merged, single = fleet.reader.windows[DIGEST], fleet.whole[DIGEST].report().counts
    assert fleet.lost == 10 * REQUEST
    assert merged.rows == single.rows - fleet.lost
    assert np.isclose(sum(merged.scores.calibrated_sums), sum(single.scores.calibrated_sums), rtol=0.05)
