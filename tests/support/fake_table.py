"""Packed tables whose scores a test chooses, for whoever only asks a table to score."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from churn_models.combine import CombineRule, Scores
from churn_models.digest import digest_of
from churn_models.encoding import Matrix
from churn_models.outputs import Outputs
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.evaluator.compiled import Join
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.scored_by import BY_TABLE

EDGES = (0.25, 0.5, 0.75)
ONE_ROW: Matrix = np.zeros((1, 2), dtype=np.float32)

Score = Callable[[Matrix], Scores]


class _Scores:
    """What stands for the compiled table."""

    def __init__(self, score: Score) -> None:
        self._score = score

    def evaluate(self, matrix: Matrix) -> tuple[Scores, Scores]:
        ensemble = self._score(matrix)
        return ensemble, ensemble.reshape(-1, 1)


def always(score: float) -> Score:
    """The same for every row."""
    return lambda matrix: np.full(len(matrix), score)


def fake_table(version: str, score: Score) -> PackedTable:
    """Of one member, `only`, that scores so."""
    content = f"table of version {version}".encode()
    join = Join(CombineRule.MEAN, [1.0], 0.0)
    evaluator = Evaluator(("only",), {"only": BY_TABLE}, join, cast(Any, _Scores(score)), {}, {})
    digest = digest_of(f"bundle of version {version}".encode())
    return PackedTable(digest_of(content), content, digest, version, EDGES, evaluator, Outputs(("only",), None, None))
