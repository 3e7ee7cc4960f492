"""What two versions did on the same rows: counts that only grow, read at /state.

Requests leave what they saw and several are counted in one go: two walks through the trees have emptied the caches by
then, and what counting needs would be fetched for each request alone.
"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum
from operator import add
from threading import Lock
from typing import Any, Self

from churn_models.digest import Digest
from churn_models.encoding import Matrix
from churn_models.paired_scores import PairedScores
from churn_models.traffic import LATENCY_BOUNDS

from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.pair_counts import PairCounts
from churn_runtimes.evaluator.score_range import HIGHEST, LOWEST


class Fault(StrEnum):
    """Why scores do not reach a user."""

    ERROR = "error"  # scoring raised
    NOT_FINITE = "not finite"
    OUT_OF_RANGE = "out of range"  # of 0 to 1


_AT_ONCE = 8
"""Requests that are counted in one go: more would make those behind them wait for longer, and save little."""
_FEW_ROWS = 8
"""More of one request are counted at once, so that those that wait are few."""

Scored = tuple[float, Fault | None, Sequence[float]]
"""One request as one version has scored it: the seconds, and P(churn) `[rows]`, none where scoring raised. A plain
tuple, as each request with a candidate makes two."""
_Pair = tuple[Matrix, Scored, Scored]
"""One request: its encoded rows, and stable's and the candidate's scores of them."""


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
        self._lock = Lock()
        self._waiting: deque[_Pair] = deque()
        """Not counted yet."""
        self._stable_scoring, self._candidate_scoring = Scoring(), Scoring()
        self._digests: dict[str, Digest] = {
            "stable": stable.digest,
            "other": candidate.digest,
            "edges_of": edges_of.digest,
        }
        self._pairs = PairCounts(edges_of.score_edges)

    def note(self, matrix: Matrix, stable: Scored, candidate: Scored) -> None:
        """Take one request that both have scored, of these encoded rows, which nobody changes from now on."""
        self._waiting.append((matrix, stable, candidate))
        if len(self._waiting) >= _AT_ONCE or len(matrix) > _FEW_ROWS:
            with self._lock:
                self._count()

    def scorings(self) -> tuple[Scoring, Scoring]:
        """Stable's and the candidate's, of all requests that were noted before."""
        with self._lock:
            self._count()
            return Scoring.sum_of([self._stable_scoring]), Scoring.sum_of([self._candidate_scoring])

    def pairs(self) -> PairedScores:
        """Of the same."""
        with self._lock:
            self._count()
            cells, repeated = self._pairs.cells(), self._pairs.repeated
        return PairedScores(**self._digests, bins=self._pairs.bins, cells=cells, repeated=repeated)

    def _count(self) -> None:
        """All that waits; under the lock."""
        while self._waiting:
            matrix, (seconds, fault, scores), (other_seconds, other_fault, others) = self._waiting.popleft()
            self._stable_scoring.note(seconds, fault)
            self._candidate_scoring.note(other_seconds, other_fault)
            if fault is None and other_fault is None:
                self._pairs.add(matrix, scores, others)
