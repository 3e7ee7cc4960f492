"""Pairs that stable completes later: the candidate has answered, and stable scores rows of many such requests at once.

Two tables do not lie in a processor's second cache together, so a request that walks through both waits for memory, and
so does the next one. The trial leaves its requests here; a thread (`completer`) and whoever reads the counts take them.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from threading import Lock
from typing import NamedTuple

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Encoded, Matrix

from churn_runtimes.candidate.tally import Fault, Tally, fault_of

logger = logging.getLogger(__name__)

TIMED_FIRST = 256
"""Pairs that are scored at once in any case: the gate of time needs 200, and a model that few ask waits for no more."""
TIMED_OF = 32
"""After those, one in so many is: both versions' times are then of the same requests."""
FEW_ROWS = 8
"""Of one request: more cost less each, and are scored at once."""
MOST = 1024
"""Requests that may wait; where nobody takes them, pairs are scored at once again."""

Evaluate = Callable[[Matrix], tuple[Scores, Scores]]
Tell = Callable[[Encoded, str | None, Scores, Scores], None]
"""Of one request: its rows, its customer, stable's scores and the candidate's."""


class Kept(NamedTuple):
    """A request that the candidate has answered, and that stable has not scored."""

    encoded: Encoded
    customer: str | None
    others: Scores
    """The candidate's, none of them a fault."""


class Later:
    """Of one tally. Any thread may keep requests in it and complete them."""

    def __init__(self, evaluate: Evaluate, tally: Tally, tell: Tell) -> None:
        self._evaluate = evaluate
        self._tally = tally
        self._tell = tell
        self._numbers = count()
        self._kept: deque[Kept] = deque()
        self._lock = Lock()

    def takes(self, rows: int) -> bool:
        """Whether stable may score the next pair later."""
        number = next(self._numbers)
        return number >= TIMED_FIRST and number % TIMED_OF != 0 and rows <= FEW_ROWS and len(self._kept) < MOST

    def keep(self, kept: Kept) -> None:
        """Take one request, whose rows nobody changes from now on."""
        self._kept.append(kept)

    def complete(self) -> None:
        """Score and count all that was kept before."""
        with self._lock:
            taken = [self._kept.popleft() for _ in range(len(self._kept))]
            if taken:
                self._complete(taken)

    def _complete(self, taken: Sequence[Kept]) -> None:
        matrix = np.concatenate([kept.encoded.matrix for kept in taken])
        try:
            ensemble, _ = self._evaluate(matrix)
            fault = fault_of(scores := ensemble.tolist())
        except Exception:  # whatever it is, users are answered, and the others are scored
            if len(taken) == 1:
                logger.exception("stable could not score a request that the candidate has answered")
            scores, fault = [], Fault.ERROR
        if fault is not None and len(taken) > 1:
            for kept in taken:
                self._complete([kept])
            return
        others = np.concatenate([kept.others for kept in taken])
        self._tally.note_untimed(len(taken), matrix, (fault, scores), others.tolist())
        if fault is not Fault.ERROR:
            self._tell_of(taken, ensemble)

    def _tell_of(self, taken: Sequence[Kept], ensemble: Scores) -> None:
        begin = 0
        for kept in taken:
            end = begin + len(kept.others)
            self._tell(kept.encoded, kept.customer, ensemble[begin:end], kept.others)
            begin = end
