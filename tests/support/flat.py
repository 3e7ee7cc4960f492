"""Packed members scored alone, and the rows on which a packer can go wrong."""

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_runtimes.evaluator.compiled import compile_table
from churn_runtimes.evaluator.node_table import join_tables, member_table
from churn_runtimes.evaluator.packed_member import PackedMember

ODD_VALUES = [np.nan, 0.0, -0.0, 1e-35, -1e-35, 1e-36, 2e-35, 1e-38, -1.0, -0.5, 0.5, 3.0, 70.0, 1e6, 1e30, -1e30]


def score_packed(member: PackedMember, rows: Matrix) -> Scores:
    """P(churn) `[rows]` by the compiled pass; each row is scored alone too and must not differ."""
    table = compile_table(join_tables([member_table(member)]), rows.shape[1])
    scores = table.score_members(rows)
    for row in range(len(rows)):
        alone = table.score_members(rows[row : row + 1])
        assert alone[0, 0] == scores[row, 0] or np.isnan(alone[0, 0])
    return scores[:, 0]


def tricky_rows(matrix: Matrix, rows: int = 600) -> Matrix:
    """Rows of the matrix's own values, midpoints between them, all their neighbours in float32, and odd values."""
    rng = np.random.default_rng(1)
    columns = []
    for values in matrix.T:
        known = np.unique(values[~np.isnan(values)])
        between = ((known[1:].astype(np.float64) + known[:-1]) / 2).astype(np.float32)
        exact = np.concatenate([known, between, np.array(ODD_VALUES, dtype=np.float32)])
        near = [np.nextafter(exact, np.float32(side)) for side in (-np.inf, np.inf)]
        columns.append(rng.choice(np.concatenate([exact, *near]), rows))
    tricky = np.column_stack(columns).astype(np.float32)
    tricky[: len(matrix)] = matrix[:rows]
    return np.ascontiguousarray(tricky)


def training_matrix(missing: float = 0.1, rows: int = 300) -> tuple[Matrix, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Two numbers (one around zero), two columns of codes, and a target that depends on all and on what is missing."""
    rng = np.random.default_rng(7)
    matrix = np.column_stack(
        [
            rng.normal(0, 1, rows).round(2) * (rng.random(rows) > 0.3),
            rng.integers(2**20, 2**20 + 40, rows) + rng.integers(0, 8, rows) / 8,
            rng.integers(0, 5, rows),
            rng.integers(0, 40, rows),
        ]
    ).astype(np.float32)
    signal = matrix[:, 0] + (matrix[:, 1] - 2**20) / 20 + (matrix[:, 2] == 3) + (matrix[:, 3] % 7 == 2)
    matrix[rng.random(matrix.shape) < missing] = np.nan
    signal = signal + np.isnan(matrix[:, 0]) - np.isnan(matrix[:, 2])
    return matrix, (signal + rng.normal(0, 0.3, rows) > 1.5).astype(np.int64)
