"""One candidate at work: which requests it answers, and what it may never do to a user.

The fast paths and the ensemble look at `Answering.trial` for every request; it is None where nothing is tried.
"""

from collections.abc import Callable, Sequence
from math import inf
from time import monotonic, perf_counter

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Encoded, Matrix
from churn_models.traffic import SILENCE_SECONDS, Traffic

from churn_runtimes.candidate.breaker import Breaker
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.spread import Spread, bound_of, place_of
from churn_runtimes.candidate.tally import Fault, Tally, fault_of
from churn_runtimes.predictions.prediction_log import Other, PredictionLog, Version
from churn_runtimes.tap.tap import Tap

Clock = Callable[[], float]

_NO_SCORES = np.empty(0)


Answered = tuple[Scores, Scores, PackedTable | None, Scores, Scores | None]
"""The ensemble's scores and its members', the candidate where they are its own, and the ensemble's scores by stable and
by the candidate (None where it did not score). A plain tuple, as each request makes one."""


class Answering:
    """Where requests learn who answers, and whether the drift sidecar or the labels' process are told of them."""

    def __init__(self, tap: Tap | None = None, predictions: PredictionLog | None = None) -> None:
        self.trial: Trial | None = None
        self.tap = tap
        self.predictions = predictions

    def tell(
        self, trial: "Trial | None", encoded: Encoded, customer: str | None, own: Scores, others: Scores | None
    ) -> None:
        """Leave an answered request for whoever looks at it."""
        if self.tap is not None:
            self.tap.offer(encoded, own)
        if self.predictions is not None:
            self.predictions.offer(customer, own, trial.other if trial else None, others)


class Trial:
    """Of one decision of the operator; `hear` keeps it alive."""

    def __init__(
        self, stable: PackedTable, tally: Tally, traffic: Traffic, spread: Spread, clock: Clock = monotonic
    ) -> None:
        self.traffic = traffic
        self.tally = tally
        self.candidate = tally.candidate
        self.sticky = traffic.sticky
        self.breaker = Breaker()
        self._stable = stable.evaluator.evaluate
        self._other = self.candidate.evaluator.evaluate
        self._names = self.candidate.asked.names
        self._is_previous = traffic.previous
        self.other = Other(Version(self.candidate.digest, self.candidate.version), traffic.previous)
        self._spread = spread
        self._clock = clock
        self._answers = bound_of(traffic.weight)
        self._scores_both = max(self._answers, bound_of(traffic.sample))
        self.hear()

    def hear(self) -> None:
        """The operator has said so, or the same again."""
        self._heard = self._clock()
        self._until = inf if self._is_previous else self._heard + SILENCE_SECONDS

    @property
    def silent_seconds(self) -> float:
        """Since the operator was last heard."""
        return self._clock() - self._heard

    @property
    def is_in_force(self) -> bool:
        """Not where the breaker is open, nor a minute after the operator's last word unless this is a rollback."""
        return not self.breaker.is_open and self._clock() <= self._until

    def score(self, matrix: Matrix, key: str | None, outputs: Sequence[str]) -> Answered:
        """Score by stable, and in its share by the candidate too; raises what stable raises, and nothing else.

        A request for outputs that the candidate does not have is stable's.
        """
        # What `is_in_force` says, without its call: every request comes here.
        if self.breaker.is_open or self._clock() > self._until or not self._names.issuperset(outputs):
            return self._score_by_stable(matrix)
        place = self._spread.next() if key is None else place_of(key, self.candidate.sha256)
        if place >= self._scores_both:
            return self._score_by_stable(matrix)
        return self._score_by_both(matrix, place < self._answers)

    def _score_by_stable(self, matrix: Matrix) -> Answered:
        ensemble, members = self._stable(matrix)
        return ensemble, members, None, ensemble, None

    def _score_by_both(self, matrix: Matrix, answers: bool) -> Answered:
        began = perf_counter()
        ensemble, members = self._stable(matrix)
        between = perf_counter()
        try:
            other, other_members = self._other(matrix)
            error = None
        except Exception:  # whatever it is, users are answered by stable
            other, other_members, error = _NO_SCORES, _NO_SCORES, Fault.ERROR
        ended = perf_counter()
        scores, others = ensemble.tolist(), other.tolist()
        stable_fault, fault = fault_of(scores), error or fault_of(others)
        stable, candidate = (between - began, stable_fault, scores), (ended - between, fault, others)
        self.breaker.note(fault is not None)
        self.tally.note(matrix, stable, candidate)
        # In probation, what the new version scores wrongly the previous one answers.
        if fault is None and (answers or (stable_fault is not None and self._is_previous)):
            return other, other_members, self.candidate, ensemble, other
        return ensemble, members, None, ensemble, other if fault is None else None
