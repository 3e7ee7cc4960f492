"""The rows of one window, as many as an engine judges: where more come, a sample of them from its whole time."""

import numpy as np
from churn_models.encoding import Matrix


class WindowRows:
    """Keeps `most` rows of `width` features, each that came as likely as any other (Vitter's algorithm R, 1985)."""

    def __init__(self, most: int, width: int, generator: np.random.Generator) -> None:
        self._rows = np.empty((most, width), dtype=np.float32)
        self._generator = generator
        self.seen = 0
        """Rows that have come."""

    def add(self, matrix: Matrix) -> None:
        """Take encoded rows `[rows, width]`."""
        space = max(0, len(self._rows) - self.seen)
        first, rest = matrix[:space], matrix[space:]
        self._rows[self.seen : self.seen + len(first)] = first
        self.seen += len(first)
        if len(rest):
            places = self._generator.integers(0, self.seen + 1 + np.arange(len(rest)))
            kept = places < len(self._rows)
            self._rows[places[kept]] = rest[kept]
            self.seen += len(rest)

    def take(self) -> Matrix:
        """What is kept, and begin anew."""
        kept = self._rows[: self.seen].copy()
        self.seen = 0
        return kept
