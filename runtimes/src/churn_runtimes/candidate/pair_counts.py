"""Counts the pairs of scores that a pod sees, a microsecond for a row."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

_Cell = tuple[int, int, int]


class PairCounts:
    """Rows by the bins of both scores, on the same edges."""

    def __init__(self, edges: Sequence[float]) -> None:
        self._edges = list(edges)
        self.bins = len(edges) + 1
        self._counts: defaultdict[int, int] = defaultdict(int)
        """By place `stable's bin * bins + other's`; most of the places never have a row."""

    def add(self, stable: Sequence[float], other: Sequence[float]) -> None:
        """Scores of the same rows. Not to be called by two threads at once."""
        edges, bins, counts = self._edges, self.bins, self._counts
        for first, second in zip(stable, other):  # noqa: B905  # a keyword costs a quarter of the rest
            counts[bisect_left(edges, first) * bins + bisect_left(edges, second)] += 1

    def cells(self) -> tuple[_Cell, ...]:
        """As `PairedScores` has them."""
        return tuple((*divmod(place, self.bins), rows) for place, rows in sorted(self._counts.items()))
