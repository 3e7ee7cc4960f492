"""An ensemble's outputs by name from its scores, for the fast paths of REST and gRPC."""

from collections.abc import Sequence
from typing import Any

from churn_models.combine import Scores
from churn_models.outputs import PROBABILITY, Outputs
from numpy.typing import NDArray

from churn_runtimes.evaluator.evaluator import Evaluator

_COMMON = [PROBABILITY]


class AskedOutputs:
    """Of one ensemble whose members are all here."""

    def __init__(self, outputs: Outputs, evaluator: Evaluator) -> None:
        self.names = frozenset(outputs.names)
        self.is_slow = evaluator.is_slow
        """Whether one row takes milliseconds, too long to score between two other requests."""
        self._outputs = outputs
        self._named = evaluator.named
        self.evaluate = evaluator.evaluate
        """Encoded rows to the scores that `of` takes."""

    def of(self, ensemble: Scores, members: Scores, asked: Sequence[str]) -> dict[str, NDArray[Any]]:
        """`[rows]` of each of the asked names, which must all be known, in their order."""
        if asked == _COMMON:
            return {PROBABILITY: ensemble}
        return self._outputs.values(asked, self._named(ensemble, members))
