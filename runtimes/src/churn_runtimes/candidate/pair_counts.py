"""Counts the pairs of scores that a pod sees, a microsecond for a row, each row once."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from zlib import crc32

from churn_models.encoding import Matrix

_Cell = tuple[int, int, int]

_BITS = 17
"""Of a row's checksum. Of 13,000 different rows one in twenty is taken for one that was there before."""


class PairCounts:
    """Rows by the bins of both scores, on the same edges.

    A probe's one row, or a few customers who are scored again and again, say no more about two models the hundredth
    time than the first.
    """

    def __init__(self, edges: Sequence[float]) -> None:
        self._edges = list(edges)
        self.bins = len(edges) + 1
        self.repeated = 0
        """Rows that were there before."""
        self._counts: defaultdict[int, int] = defaultdict(int)
        """By place `stable's bin * bins + other's`; most of the places never have a row."""
        self._seen = bytearray(1 << _BITS)

    def add(self, matrix: Matrix, stable: Sequence[float], other: Sequence[float]) -> None:
        """Encoded rows `[rows, features]` and their scores. Not to be called by two threads at once."""
        edges, bins, counts, seen = self._edges, self.bins, self._counts, self._seen
        content, begin = matrix.tobytes(), 0
        size = len(content) // max(1, len(stable))
        # An array's rows one by one, and a strict zip, would cost more than all the rest.
        for first, second in zip(stable, other):  # noqa: B905
            end = begin + size
            place = crc32(content[begin:end]) >> (32 - _BITS)
            begin = end
            if seen[place]:
                self.repeated += 1
            else:
                seen[place] = 1
                counts[bisect_left(edges, first) * bins + bisect_left(edges, second)] += 1

    def cells(self) -> tuple[_Cell, ...]:
        """As `PairedScores` has them."""
        return tuple((*divmod(place, self.bins), rows) for place, rows in sorted(self._counts.items()))
