"""Where requests leave the scores of sampled customers: a bounded queue that nobody waits for.

The fast paths and the ensemble call `offer` for every request that was scored; the poster's thread empties the queue.
"""

import logging
from collections import deque
from datetime import UTC, datetime
from typing import Any, NamedTuple

from churn_models.combine import Scores
from churn_models.identity_key import hash_of_key, identity_key, is_sampled

from churn_runtimes.predictions.dropped import Reason, count_dropped
from churn_runtimes.predictions.posting import Posting

logger = logging.getLogger(__name__)

CAPACITY = 10_000
"""Predictions; about 3 MiB. At 1 % of 100 requests a second, labels may be away for nearly three hours."""


_ROUNDING = 1e-9
_NO_VERSION = "unknown"


class Version(NamedTuple):
    """Whose score it is; a bundle that is served from a folder has no version."""

    digest: str
    version: str


class Other(NamedTuple):
    """The version beside the own one, and whether that is the one before it."""

    version: Version
    is_previous: bool


class Prediction(NamedTuple):
    """One customer as one version has scored it, and the version before where both did."""

    hashed: str
    time: datetime
    by: Version
    score: float
    previous: Version | None = None
    previous_score: float | None = None

    def said(self, model: str) -> dict[str, Any]:
        """As `churn_models.labels.spoken.Prediction` reads it."""
        own = {"digest": self.by.digest, "version": self.by.version or _NO_VERSION, "score": self.score}
        told = {"model": model, "identity_hash": self.hashed, "time": self.time, **own}
        if self.previous is None:
            return told
        return {**told, "previous_digest": self.previous.digest, "previous_score": self.previous_score}


class _Scored(NamedTuple):
    by: Version | None
    score: float | None
    """None where it is no number from 0 to 1."""


_NOBODY = _Scored(None, None)


class PredictionLog:
    """Of one server; requests of several threads offer to it."""

    def __init__(self, posting: Posting, own: Version) -> None:
        self.customer = posting.customer
        self._sample = posting.sample
        self._own = own
        self._queue: deque[Prediction] = deque()

    def offer(
        self, customer: str | None, own: Scores, other: Other | None = None, others: Scores | None = None
    ) -> None:
        """Take what the own version has scored, and what the other one has beside it. Raises nothing.

        Without a customer, or with one that is not sampled, nothing is kept.
        """
        if not customer:
            return
        try:
            key = identity_key(_as_sent(customer))
            if is_sampled(key, self._sample):
                self._keep(hash_of_key(key), own, other, others)
        except Exception:  # whatever it is, the client gets its answer
            logger.exception("a prediction was not kept")
            count_dropped(Reason.FAILED)

    def __len__(self) -> int:
        return len(self._queue)

    def take(self, most: int) -> list[Prediction]:
        """The oldest so many."""
        return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    def _keep(self, hashed: str, own: Scores, other: Other | None, others: Scores | None) -> None:
        if len(own) != 1:
            count_dropped(Reason.MANY_ROWS)
            return
        now = datetime.now(UTC)
        scored = _Scored(self._own, _chance(own))
        if other is None or others is None:
            self._add(hashed, now, scored)
            return
        # Each version that has scored the customer is judged by it, whoever answered; the newer one beside the older.
        newer, older = scored, _Scored(other.version, _chance(others))
        if not other.is_previous:
            newer, older = older, newer
        self._add(hashed, now, newer, older)
        self._add(hashed, now, older)

    def _add(self, hashed: str, now: datetime, scored: _Scored, before: _Scored = _NOBODY) -> None:
        (by, score), (previous, previous_score) = scored, before
        if by is None or score is None:
            count_dropped(Reason.NO_SCORE)
        elif len(self._queue) >= CAPACITY:
            count_dropped(Reason.QUEUE_FULL)
        elif previous_score is None:
            self._queue.append(Prediction(hashed, now, by, score))
        else:
            self._queue.append(Prediction(hashed, now, by, score, previous, previous_score))


def _chance(scores: Scores) -> float | None:
    """Of one row, without what a mean's rounding adds; None where it is no score."""
    score = float(scores[0])
    return min(max(score, 0.0), 1.0) if -_ROUNDING <= score <= 1 + _ROUNDING else None


def _as_sent(customer: str) -> str:
    """A header's bytes are read as Latin-1, whatever they are; identities are UTF-8, as in the table of outcomes."""
    if customer.isascii():
        return customer
    try:
        return customer.encode("latin-1").decode()
    except UnicodeError:
        return customer
