from typing import Any

from churn_models.combine import Scores
from churn_models.encoding import Matrix
from numpy.typing import NDArray

Array = NDArray[Any]

class Table:
    not_scores: int
    def __new__(
        cls,
        columns: Array,
        nodes: Array,
        trees: Array,
        leaves: Array,
        sets: Array,
        set_words: Array,
        terms: Array,
        code_weights: Array,
        members: Array,
        steps: Array,
        step_values: Array,
        weights: Array,
        features: int,
        combine: int,
        intercept: float,
    ) -> Table: ...
    def evaluate(self, matrix: Matrix, /) -> tuple[Scores, Scores]: ...
    def score_members(self, matrix: Matrix, /) -> Scores: ...
    def explain_member(
        self, matrix: Matrix, member: int, shares: Array, groups: Array, points: Array, weights: Array, /
    ) -> Scores: ...
