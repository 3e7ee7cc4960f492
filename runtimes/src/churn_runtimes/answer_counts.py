"""Plain numbers of answers by route and model: counted where an answer is made, made Prometheus' when scraped.

A counter of prometheus_client costs half a microsecond at each of several updates; this one costs a lock.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import NamedTuple

from churn_models.traffic import SERVING_BOUNDS


class Route(StrEnum):
    """Who answers a request for inference."""

    FAST = "fast"  # the fast path of REST
    MLSERVER = "mlserver"  # MLServer's app, and what is refused before it
    GRPC = "grpc"


@dataclass(frozen=True)
class Answers:
    """What has been counted at one moment; times in seconds, `buckets` without those below."""

    buckets: tuple[int, ...] = (0,) * (len(SERVING_BOUNDS) + 1)
    seconds: float = 0.0
    rows: int = 0
    failures: int = 0
    failed_seconds: float = 0.0
    last: float = 0.0
    """When the last answer was given, of the clock."""

    @property
    def successes(self) -> int:
        """Answers that gave scores."""
        return sum(self.buckets)

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(
            tuple(map(sum, zip(self.buckets, other.buckets, strict=True))),
            self.seconds + other.seconds,
            self.rows + other.rows,
            self.failures + other.failures,
            self.failed_seconds + other.failed_seconds,
            max(self.last, other.last),
        )


class AnswerCounts:
    """The answers of one model by one route; grpcio's threads and the event loop may count at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets = [0] * (len(SERVING_BOUNDS) + 1)
        self._seconds = self._failed_seconds = self._last = 0.0
        self._rows = self._failures = 0

    def answered(self, seconds: float, rows: int) -> None:
        """Count one answer with scores."""
        place = bisect_left(SERVING_BOUNDS, seconds)
        with self._lock:
            self._buckets[place] += 1
            self._seconds += seconds
            self._rows += rows
            self._last = time.time()

    def failed(self, seconds: float) -> None:
        """Count one request that this model was asked and has not answered."""
        with self._lock:
            self._failures += 1
            self._failed_seconds += seconds

    def read(self) -> Answers:
        """All of it at one moment."""
        with self._lock:
            return Answers(
                tuple(self._buckets), self._seconds, self._rows, self._failures, self._failed_seconds, self._last
            )


class ModelName(NamedTuple):
    """What answers are counted by, and say of themselves."""

    name: str
    version: str | None


_Key = tuple[Route, str, str]
_counts: dict[_Key, AnswerCounts] = {}


def counts_of(route: Route, model: str, version: str | None) -> AnswerCounts:
    """Where the answers of this model by this route are counted; whoever counts often keeps it."""
    return _counts.setdefault((route, model, version or ""), AnswerCounts())


@dataclass
class Scored:
    """What `counting` is told by whoever answers."""

    version: str | None
    """That answered: the asked one until then."""
    rows: int = 0


@contextmanager
def counting(route: Route, model: str, version: str | None) -> Iterator[Scored]:
    """Count the block as one answer, or as a failure of the asked version where it raises or is cancelled."""
    began = time.perf_counter()
    scored = Scored(version)
    try:
        yield scored
    except BaseException:
        counts_of(route, model, version).failed(time.perf_counter() - began)
        raise
    counts_of(route, model, scored.version).answered(time.perf_counter() - began, scored.rows)


def all_answers() -> Iterator[tuple[_Key, Answers]]:
    """Everything that has been counted in this process."""
    for key, counts in list(_counts.items()):
        yield key, counts.read()


def answers_of(model: str, version: str | None) -> Answers:
    """Of one model, by all routes."""
    found = (answers for (_, name, known), answers in all_answers() if (name, known) == (model, version or ""))
    return sum(found, Answers())
