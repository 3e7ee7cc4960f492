"""The gate: a member is scored by the table only where that equals its library."""

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.golden import TOLERANCE

from churn_runtimes.evaluator.compiled import Table
from churn_runtimes.evaluator.scored_by import BY_TABLE, MemberScoring, by_library

_ALONE = 37
"""Every 37th gate row is scored alone too: one row and many rows take different ways through the compiled pass."""


def flat_scores(table: Table, rows: Matrix) -> Scores:
    """The members' scores `[rows, members]`, those of a batch where they differ less from one row's than allowed."""
    scores = table.score_members(rows)
    for row in range(0, len(rows), _ALONE):
        alone = table.score_members(rows[row : row + 1])[0]
        if not np.allclose(alone, scores[row], rtol=0, atol=TOLERANCE):
            scores[row] = alone
    return scores


def check_parity(library: str, flat: Scores, expected: Scores) -> MemberScoring:
    """BY_TABLE where every score `[rows]` is within 1e-6 of the stock library's, else BY_LIBRARY with the worst row."""
    differences = np.nan_to_num(np.abs(flat - expected), nan=np.inf)
    worst = int(np.argmax(differences))
    if differences[worst] <= TOLERANCE:
        return BY_TABLE
    return by_library(
        f"differs from {library} by {differences[worst]:.1e} on gate row {worst}: "
        f"{flat[worst]:.9f}, not {expected[worst]:.9f}"
    )
