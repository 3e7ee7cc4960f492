"""A packed booster scores bit for bit like LightGBM, categorical splits and every missing type included."""

from typing import Any

import lightgbm
import numpy as np
import pytest
from churn_runtimes.evaluator.pack_lightgbm import pack_lightgbm
from churn_runtimes.evaluator.unpackable import Unpackable
from support.flat import score_packed, training_matrix, tricky_rows

_CATEGORICAL: dict[str, Any] = {
    "categorical_feature": [2, 3],
    "min_data_per_group": 2,
    "cat_smooth": 0.1,
    "max_cat_to_onehot": 1,
}


def _booster(missing: float = 0.1, classes: int = 2, **parameters: Any) -> Any:
    matrix, target = training_matrix(missing)
    if classes > 2:
        target = np.arange(len(matrix)) % classes
    given = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 3, **parameters}
    categorical = given.pop("categorical_feature", "auto")
    data = lightgbm.Dataset(matrix, target, categorical_feature=categorical, params={"verbose": -1})
    return lightgbm.train(given, data, num_boost_round=25)


@pytest.mark.parametrize(
    ("missing", "parameters"),
    [
        pytest.param(0.1, {}, id="missing type NaN"),
        pytest.param(0.0, {}, id="missing type None: a missing value is a zero"),
        pytest.param(0.1, {"use_missing": False}, id="use_missing off"),
        pytest.param(0.1, {"zero_as_missing": True}, id="zero as missing"),
        pytest.param(0.0, {"zero_as_missing": True}, id="zero as missing, none missing"),
        pytest.param(0.1, _CATEGORICAL, id="categorical"),
        pytest.param(0.0, _CATEGORICAL, id="categorical, none missing"),
        pytest.param(0.1, {**_CATEGORICAL, "zero_as_missing": True}, id="categorical, zero as missing"),
        pytest.param(0.1, {**_CATEGORICAL, "max_cat_to_onehot": 64}, id="categorical, one against all"),
        pytest.param(0.1, {"sigmoid": 0.7}, id="sigmoid"),
        pytest.param(
            0.1, {"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, id="forest: the mean of all trees"
        ),
        pytest.param(0.1, {"boosting": "dart"}, id="dart"),
        pytest.param(0.1, {"min_gain_to_split": 4.0}, id="some trees of one leaf"),
        pytest.param(0.1, {"min_gain_to_split": 1e9}, id="all trees of one leaf"),
    ],
)
def test_scores_are_those_of_the_library(missing: float, parameters: dict[str, Any]) -> None:
    booster = _booster(missing, **parameters)
    rows = tricky_rows(training_matrix(missing)[0])
    np.testing.assert_allclose(score_packed(pack_lightgbm(booster), rows), booster.predict(rows), rtol=0, atol=1e-15)


def test_categorical_splits_are_sets() -> None:
    member = pack_lightgbm(_booster(**_CATEGORICAL))
    assert len(member.sets.first) > 25
    assert member.nodes.code_set is not None


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        pytest.param({"objective": "regression"}, "objective regression", id="another objective"),
        pytest.param({"objective": "multiclass", "num_class": 3, "classes": 3}, "objective multiclass", id="classes"),
        pytest.param({"linear_tree": True}, "linear trees", id="linear trees"),
    ],
)
def test_what_the_table_cannot_express_is_refused(parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unpackable, match=reason):
        pack_lightgbm(_booster(**parameters))


def test_only_columns_that_are_asked_for_count_against_the_table() -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(60, 6000)).astype(np.float32)
    parameters = {"objective": "binary", "verbose": -1, "min_data_in_leaf": 5, "num_leaves": 4}
    booster = lightgbm.train(parameters, lightgbm.Dataset(wide, wide[:, 0] > 0), num_boost_round=3)
    np.testing.assert_allclose(score_packed(pack_lightgbm(booster), wide), booster.predict(wide), rtol=0, atol=1e-12)
