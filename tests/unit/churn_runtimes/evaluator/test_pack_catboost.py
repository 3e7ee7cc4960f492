"""A packed classifier of symmetric trees scores like CatBoost."""

from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
from churn_runtimes.evaluator.pack_catboost import pack_catboost
from churn_runtimes.evaluator.unpackable import Unpackable
from support.flat import score_packed, training_matrix, tricky_rows


def _classifier(**parameters: Any) -> Any:
    given = {"iterations": 25, "depth": 4, "verbose": False, "allow_writing_files": False, "thread_count": 1}
    return catboost.CatBoostClassifier(**given | parameters)


@pytest.mark.parametrize(
    ("missing", "parameters"),
    [
        pytest.param(0.1, {}, id="missing is the least"),
        pytest.param(0.1, {"nan_mode": "Max"}, id="missing is the most"),
        pytest.param(0.0, {}, id="none missing in training"),
        pytest.param(0.1, {"depth": 8, "border_count": 16}, id="deep"),
        pytest.param(0.1, {"boost_from_average": True}, id="bias"),
        pytest.param(0.1, {"depth": 1}, id="stumps"),
    ],
)
def test_scores_are_those_of_the_library(missing: float, parameters: dict[str, Any]) -> None:
    matrix, target = training_matrix(missing)
    classifier = _classifier(**parameters).fit(matrix, target)
    rows = tricky_rows(matrix)
    expected = classifier.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(score_packed(pack_catboost(classifier), rows), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        pytest.param({"grow_policy": "Lossguide"}, "not symmetric", id="lossguide"),
        pytest.param({"loss_function": "MultiClass"}, "more than one score", id="classes"),
    ],
)
def test_what_the_table_cannot_express_is_refused(parameters: dict[str, Any], reason: str) -> None:
    matrix, target = training_matrix()
    if "loss_function" in parameters:
        target = np.arange(len(matrix)) % 3
    with pytest.raises(Unpackable, match=reason):
        pack_catboost(_classifier(**parameters).fit(matrix, target))


def test_categorical_features_are_refused() -> None:
    matrix, target = training_matrix(0.0)
    frame = pd.DataFrame(matrix).astype({2: int})
    with pytest.raises(Unpackable, match="no numbers"):
        pack_catboost(_classifier().fit(frame, target, cat_features=[2]))
