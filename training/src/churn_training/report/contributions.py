"""What each feature adds to the scores of the customers that judge, by the evaluator that serves, where it is here."""

import numpy as np
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.scoring.fastest import load_fastest
from churn_models.scoring.scorer import Explains

_MOST_ROWS = 500
"""Means of more are no other ones, and TreeSHAP takes a millisecond a row."""


def contributions_of(bundle: Bundle, matrix: Matrix) -> Scores | None:
    """`[rows, features + 1]` of the first few hundred rows, the base value last; none where nothing explains it."""
    scorer = load_fastest(bundle)
    if not isinstance(scorer, Explains) or None not in scorer.explained:
        return None
    return scorer.explain_ensemble(np.ascontiguousarray(matrix[:_MOST_ROWS]))
