"""How a search keeps to its time: fits are measured, and what comes after the trials is kept free.

The command line makes one clock for a whole search. Every fit asks it before it begins; one that is under way is not
broken off, so a search is late by one fit at most.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_BESIDE_SECONDS = 4.0
"""For what is no fit: choosing members, drawing the report."""


class OutOfTime(Exception):
    """No fit may begin any more. Whoever asked for it goes on without."""


@dataclass(frozen=True)
class Ending:
    """What a part of a search leaves to those after it: so many fits on so many rows, and the report."""

    fits: int
    rows: int
    most: float
    """Of the whole time: what comes first must not be left with nothing."""


@dataclass
class SearchTime:
    """`seconds` are for everything from now on; none is no end."""

    seconds: float | None = None
    monotonic: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _part_ends: float = field(default=math.inf, init=False)
    _ending: Ending | None = field(default=None, init=False)
    _fitting: float = field(default=0.0, init=False)
    _fitted_rows: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """The clock starts."""
        self._began = self.monotonic()

    @property
    def passed(self) -> float:
        """Seconds since it began."""
        return self.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds for the part under way, infinite without an end; below 0 where it is late."""
        if self.seconds is None:
            return math.inf
        return min(self._part_ends, self.seconds - self._kept(self.seconds)) - self.passed

    def takes(self, fits: int, rows: int) -> float:
        """What so many fits on so many rows will take, by those so far; 0 before the first."""
        return fits * rows * self._fitting / self._fitted_rows if self._fitted_rows else 0.0

    @contextmanager
    def fit(self, rows: int) -> Iterator[None]:
        """Measure a fit on so many rows. Raises OutOfTime before it."""
        if self.left <= 0:
            raise OutOfTime
        begun = self.monotonic()
        yield
        self._fitting += self.monotonic() - begun
        self._fitted_rows += rows

    @contextmanager
    def part(self, ending: Ending, share: float = 1.0) -> Iterator[None]:
        """Inside, what the ending takes is kept free, and of the rest no more than this share is used."""
        self._ending = ending
        if self.seconds is not None:
            self._part_ends = self.passed + share * max(0.0, self.left)
        try:
            yield
        finally:
            self._ending, self._part_ends = None, math.inf

    def _kept(self, seconds: float) -> float:
        if self._ending is None:
            return 0.0
        return min(self._ending.most * seconds, self.takes(self._ending.fits, self._ending.rows) + _BESIDE_SECONDS)
