"""The three forms in which MLServer's stock runtimes answer about a classifier, and how to check them."""

from typing import Any

import numpy as np
from churn_models.combine import Scores
from churn_models.member_kind import MemberKind
from numpy.typing import NDArray

NUMPY = {"FP32": "<f4", "FP64": "<f8", "INT64": "<i8"}
"""Of the datatypes that these runtimes answer in."""

_PREDICT_ALONE = (MemberKind.LIGHTGBM, MemberKind.CATBOOST)


def member_output(kind: MemberKind) -> str:
    """The output that says most about the probability."""
    return "predict" if kind in _PREDICT_ALONE else "predict_proba"


def check_member(kind: MemberKind, answered: NDArray[Any], scores: Scores) -> None:
    """That the answer fits the probabilities: lightgbm gives them, catboost the class, the others both classes'."""
    if kind is MemberKind.CATBOOST:
        np.testing.assert_array_equal(np.ravel(answered), scores >= 0.5)
    elif kind is MemberKind.LIGHTGBM:
        np.testing.assert_allclose(np.ravel(answered), scores, atol=1e-6)
    else:
        np.testing.assert_allclose(answered, np.stack([1 - scores, scores], axis=1), atol=1e-6)
