"""A packed booster scores bit for bit like XGBoost."""

from typing import Any

import numpy as np
import pytest
import xgboost
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_runtimes.evaluator.pack_xgboost import pack_xgboost
from churn_runtimes.evaluator.unpackable import Unpackable
from support.flat import score_packed, training_matrix, tricky_rows


def _booster(missing: float = 0.1, **parameters: Any) -> tuple[Any, Matrix]:
    matrix, target = training_matrix(missing)
    given = {"n_estimators": 30, "max_depth": 5, "n_jobs": 1, **parameters}
    return xgboost.XGBClassifier(**given).fit(matrix, target).get_booster(), tricky_rows(matrix)


def _scores(booster: Any, rows: Matrix) -> Scores:
    return np.asarray(booster.inplace_predict(rows, validate_features=False), dtype=np.float64)


@pytest.mark.parametrize(
    ("missing", "parameters"),
    [
        pytest.param(0.1, {}, id="defaults"),
        pytest.param(0.0, {}, id="nothing missing in training"),
        pytest.param(0.1, {"base_score": 0.2}, id="base score"),
        pytest.param(0.1, {"num_parallel_tree": 4, "subsample": 0.5, "n_estimators": 6}, id="parallel trees"),
        pytest.param(0.1, {"grow_policy": "lossguide", "max_leaves": 20, "max_depth": 0}, id="lossguide"),
        pytest.param(0.1, {"tree_method": "exact"}, id="exact"),
        pytest.param(0.1, {"gamma": 3.0}, id="pruned"),
        pytest.param(0.1, {"gamma": 1e6}, id="trees of one leaf"),
    ],
)
def test_scores_are_those_of_the_library(missing: float, parameters: dict[str, Any]) -> None:
    booster, rows = _booster(missing, **parameters)
    np.testing.assert_array_equal(score_packed(pack_xgboost(booster), rows), _scores(booster, rows))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        pytest.param({"booster": "dart"}, "booster dart", id="dart"),
        pytest.param({"booster": "gblinear", "max_depth": None}, "booster gblinear", id="linear"),
        pytest.param({"objective": "binary:hinge"}, "objective binary:hinge", id="another objective"),
        pytest.param(
            {"enable_categorical": True, "feature_types": ["q", "q", "c", "c"]}, "categorical", id="categorical"
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_the_table_cannot_express_is_refused(parameters: dict[str, Any], reason: str) -> None:
    booster, _ = _booster(**parameters)
    with pytest.raises(Unpackable, match=reason):
        pack_xgboost(booster)


def test_more_than_two_classes_are_refused() -> None:
    matrix, _ = training_matrix()
    booster = xgboost.XGBClassifier(n_estimators=2).fit(matrix, np.arange(len(matrix)) % 3).get_booster()
    with pytest.raises(Unpackable, match="objective multi:softprob"):
        pack_xgboost(booster)
