"""What two versions did on the same rows: counts that only grow, read at /state."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import StrEnum
from operator import add
from threading import Lock
from typing import Any, Self

from churn_models.digest import Digest
from churn_models.encoding import Matrix
from churn_models.paired_scores import PairedScores
from churn_models.traffic import LATENCY_BOUNDS

from churn_runtimes.candidate.breaker import Breaker
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.pair_counts import PairCounts
from churn_runtimes.evaluator.score_range import HIGHEST, LOWEST


class Fault(StrEnum):
    """Why scores do not reach a user."""

    ERROR = "error"  # scoring raised
    NOT_FINITE = "not finite"
    OUT_OF_RANGE = "out of range"  # of 0 to 1


Scored = tuple[float, Fault | None, Sequence[float]]
"""One request as one version has scored it: the seconds, and P(churn) `[rows]`, none where scoring raised. A plain
tuple, as each request with a candidate makes two."""


def fault_of(scores: Sequence[float]) -> Fault | None:
    """Of P(churn) `[rows]`."""
    for score in scores:
        if not LOWEST <= score <= HIGHEST:
            return Fault.OUT_OF_RANGE if math.isfinite(score) else Fault.NOT_FINITE
    return None


class Scoring:
    """How one version scored."""

    def __init__(self) -> None:
        self.requests = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(LATENCY_BOUNDS) + 1)
        self.faults = dict.fromkeys(Fault, 0)

    def note(self, seconds: float, fault: Fault | None) -> None:
        """Take one request."""
        self.requests += 1
        self.seconds += seconds
        self.buckets[bisect_left(LATENCY_BOUNDS, seconds)] += 1
        if fault is not None:
            self.faults[fault] += 1

    @classmethod
    def sum_of(cls, scorings: Iterable[Self]) -> Self:
        """Of one version beside several others."""
        total = cls()
        for one in scorings:
            total.requests += one.requests
            total.seconds += one.seconds
            total.buckets = list(map(add, total.buckets, one.buckets))
            total.faults = {fault: total.faults[fault] + one.faults[fault] for fault in Fault}
        return total

    def counts(self) -> dict[str, Any]:
        """As `VersionCounts` has them."""
        return {
            "scored": self.requests,
            "seconds": self.seconds,
            "buckets": tuple(self.buckets),
            "errors": self.faults[Fault.ERROR],
            "not_finite": self.faults[Fault.NOT_FINITE],
            "out_of_range": self.faults[Fault.OUT_OF_RANGE],
        }


class Tally:
    """Of one candidate beside the own table; requests of several threads are counted in it."""

    def __init__(self, stable: PackedTable, candidate: PackedTable, edges_of: PackedTable) -> None:
        self.candidate = candidate
        self.lock = Lock()
        self.stable_scoring, self.candidate_scoring = Scoring(), Scoring()
        self._digests: dict[str, Digest] = {
            "stable": stable.digest,
            "other": candidate.digest,
            "edges_of": edges_of.digest,
        }
        self._pairs = PairCounts(edges_of.score_edges)

    def note(self, breaker: Breaker, matrix: Matrix, stable: Scored, candidate: Scored) -> None:
        """Take one request that both have scored, of these encoded rows."""
        seconds, fault, scores = stable
        other_seconds, other_fault, others = candidate
        with self.lock:
            self.stable_scoring.note(seconds, fault)
            self.candidate_scoring.note(other_seconds, other_fault)
            breaker.note(other_fault is not None)
            if fault is None and other_fault is None:
                self._pairs.add(matrix, scores, others)

    def scorings(self) -> tuple[Scoring, Scoring]:
        """Stable's and the candidate's, as they were at one moment."""
        with self.lock:
            return Scoring.sum_of([self.stable_scoring]), Scoring.sum_of([self.candidate_scoring])

    def pairs(self) -> PairedScores:
        """What has been counted so far."""
        with self.lock:
            cells, repeated = self._pairs.cells(), self._pairs.repeated
        return PairedScores(**self._digests, bins=self._pairs.bins, cells=cells, repeated=repeated)
