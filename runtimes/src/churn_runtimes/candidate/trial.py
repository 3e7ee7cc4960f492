"""One candidate at work: which requests it answers, and what it may never do to a user.

The fast paths and the ensemble look at `Answering.trial` for every request; it is None where nothing is tried.
"""

from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from typing import NamedTuple

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.traffic import SILENCE_SECONDS, Traffic

from churn_runtimes.candidate.breaker import Breaker
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.spread import Spread, bound_of, place_of
from churn_runtimes.candidate.tally import Fault, Scored, Tally, fault_of

Clock = Callable[[], float]

_NO_SCORES = np.empty(0)


class Answered(NamedTuple):
    """The ensemble's scores and its members', and the candidate where they are its own."""

    ensemble: Scores
    members: Scores
    candidate: PackedTable | None


class Answering:
    """Where requests learn who answers."""

    trial: "Trial | None" = None


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
        self._spread = spread
        self._clock = clock
        self._answers = bound_of(traffic.weight)
        self._scores_both = max(self._answers, bound_of(traffic.sample))
        self._heard = clock()

    def hear(self) -> None:
        """The operator has said the same again."""
        self._heard = self._clock()

    @property
    def silent_seconds(self) -> float:
        """Since the operator was last heard."""
        return self._clock() - self._heard

    @property
    def is_in_force(self) -> bool:
        """Not where the breaker is open, nor a minute after the operator's last word unless this is a rollback."""
        return not self.breaker.is_open and (self.traffic.previous or self._clock() - self._heard <= SILENCE_SECONDS)

    def score(self, matrix: Matrix, key: str | None, outputs: Sequence[str]) -> Answered:
        """Score by stable, and in its share by the candidate too; raises what stable raises, and nothing else.

        A request for outputs that the candidate does not have is stable's.
        """
        if not self.is_in_force or not self._names.issuperset(outputs):
            return Answered(*self._stable(matrix), None)
        place = self._place(key)
        if place >= self._scores_both:
            return Answered(*self._stable(matrix), None)
        began = perf_counter()
        ensemble, members = self._stable(matrix)
        between = perf_counter()
        other, other_members, error = self._try(matrix)
        ended = perf_counter()
        scores, others = ensemble.tolist(), other.tolist()
        fault = error or fault_of(others)
        stable = Scored(between - began, fault_of(scores), scores)
        self.tally.note(self.breaker, stable, Scored(ended - between, fault, others))
        if place >= self._answers or fault is not None:
            return Answered(ensemble, members, None)
        return Answered(other, other_members, self.candidate)

    def _place(self, key: str | None) -> int:
        if key is not None:
            return place_of(key, self.candidate.sha256)
        with self.tally.lock:
            return self._spread.next()

    def _try(self, matrix: Matrix) -> tuple[Scores, Scores, Fault | None]:
        try:
            return *self._other(matrix), None
        except Exception:  # whatever it is, users are answered by stable
            return _NO_SCORES, _NO_SCORES, Fault.ERROR
