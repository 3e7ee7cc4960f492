"""Columns that explain each score, on request: the ensemble's contributions, or names and values of the largest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.explainable import require_explainable, require_reasons
from churn_runtimes.evaluator.top_reasons import top_reasons

BASE_VALUE = "base_value"
_ROWS = 1024
"""Explained at once: it takes up to seconds, and `explained` tells after each how far it is."""


@dataclass(frozen=True)
class Reasons:
    """What is asked for: all contributions, the `top` largest, both, or nothing."""

    contributions: bool = False
    top: int = 0


NO_REASONS = Reasons()


class ReasonColumns:
    """Of one table. Raises OutputUnknown where the ensemble cannot be explained so."""

    def __init__(self, reasons: Reasons, schema: FeatureSchema, evaluator: Evaluator) -> None:
        self._reasons = reasons
        self._features = schema.scored_names
        self._explain = evaluator.explain_ensemble
        require_reasons(evaluator, schema, reasons.top)
        if reasons.contributions:
            require_explainable(evaluator, schema)

    @property
    def names(self) -> list[str]:
        """In the order in which they are written; features' own in that of the schema."""
        places = range(1, self._reasons.top + 1)
        top = [name for place in places for name in (f"reason_{place}", f"contribution_{place}")]
        if not self._reasons.contributions:
            return top
        return [*top, *(f"contributions.{feature}" for feature in self._features), BASE_VALUE]

    def arrays(self, matrix: Matrix, explained: Callable[[int], None]) -> dict[str, pa.Array]:
        """By name, of encoded rows; `explained` is told now and then of how many of them there are reasons."""
        if not self.names:
            return {}
        pieces = []
        for begin in range(0, max(1, len(matrix)), _ROWS):
            pieces.append(list(self._columns(self._explain(matrix[begin : begin + _ROWS]))))
            explained(min(begin + _ROWS, len(matrix)))
        columns = (pa.concat_arrays(parts) for parts in zip(*pieces, strict=True))
        return dict(zip(self.names, columns, strict=True))

    def _columns(self, contributions: Scores) -> Iterator[pa.Array]:
        top = top_reasons(contributions, self._features, self._reasons.top)
        for place in range(self._reasons.top):
            yield pa.array(top.features[:, place], pa.string())
            yield pa.array(top.values[:, place])
        if self._reasons.contributions:
            yield from map(pa.array, np.ascontiguousarray(contributions.T))
