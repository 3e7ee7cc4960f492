"""Files that training may write pass the structural check, whatever their parameters: it must refuse nothing real."""

from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pytest
import xgboost
from churn_models.errors import MemberUnreadable
from churn_models.scoring.structure.catboost_file import check_catboost
from churn_models.scoring.structure.lightgbm_file import check_lightgbm
from churn_models.scoring.structure.trees import Trees, check_trees
from churn_models.scoring.structure.xgboost_file import check_xgboost
from support.flat import training_matrix

FEATURES = 4


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"n_estimators": 0}, id="no trees"),
        pytest.param({"booster": "dart", "rate_drop": 0.3}, id="dart"),
        pytest.param({"num_parallel_tree": 3}, id="parallel trees"),
        pytest.param({"tree_method": "exact", "gamma": 1.0}, id="pruned"),
        pytest.param({"grow_policy": "lossguide", "max_leaves": 9, "tree_method": "approx"}, id="lossguide"),
        pytest.param({"feature_types": ["q", "q", "c", "c"], "enable_categorical": True}, id="categories"),
        pytest.param({"objective": "reg:logistic"}, id="another objective of probabilities"),
    ],
)
def test_what_xgboost_writes_passes(parameters: dict[str, Any], tmp_path: Path) -> None:
    matrix, target = training_matrix()
    classifier = xgboost.XGBClassifier(**{"n_estimators": 6, "max_depth": 4} | parameters)
    classifier.fit(matrix, target)
    classifier.save_model(tmp_path / "model.ubj")
    check_xgboost((tmp_path / "model.ubj").read_bytes(), FEATURES)


@pytest.mark.parametrize(
    ("parameters", "categories"),
    [
        pytest.param({}, [], id="defaults"),
        pytest.param({}, [2, 3], id="categories"),
        pytest.param({"linear_tree": True}, [], id="linear leaves"),
        pytest.param({"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, [], id="rf"),
        pytest.param({"boosting": "dart", "num_leaves": 2}, [], id="dart"),
        pytest.param({"min_gain_to_split": 1e9}, [], id="trees of one leaf"),
        pytest.param({"objective": "cross_entropy"}, [], id="another objective of probabilities"),
        pytest.param({"monotone_constraints": [1, 0, 0, 0]}, [], id="monotone"),
    ],
)
def test_what_lightgbm_writes_passes(parameters: dict[str, Any], categories: list[int], tmp_path: Path) -> None:
    matrix, target = training_matrix()
    chosen = {"objective": "binary", "verbose": -1, "min_data_in_leaf": 3, "min_data_per_group": 2} | parameters
    data = lightgbm.Dataset(matrix, target, categorical_feature=categories, params=chosen)
    lightgbm.train(chosen, data, num_boost_round=6).save_model(tmp_path / "model.txt")
    check_lightgbm((tmp_path / "model.txt").read_bytes(), FEATURES)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"border_count": 600}, id="features of several bins"),
        pytest.param({"grow_policy": "Lossguide"}, id="trees that are not symmetric"),
        pytest.param({"grow_policy": "Depthwise", "depth": 4}, id="depthwise"),
        pytest.param({"nan_mode": "Max"}, id="missing values on top"),
        pytest.param({"depth": 1}, id="one split"),
    ],
)
def test_what_catboost_writes_passes(parameters: dict[str, Any], tmp_path: Path) -> None:
    matrix, target = training_matrix(rows=900)
    chosen = {"iterations": 6, "verbose": False, "allow_writing_files": False} | parameters
    classifier = catboost.CatBoostClassifier(**chosen)
    classifier.fit(matrix, target)
    classifier.save_model(str(tmp_path / "model.cbm"))
    check_catboost((tmp_path / "model.cbm").read_bytes(), FEATURES)


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        pytest.param([1, -1, -1], [2, -1, -1], None, id="a tree"),
        pytest.param([2, -1, -1], [1, -1, -1], None, id="children in any order"),
        pytest.param([-1, 1, -1], [-1, 2, -1], None, id="a circle that no root leads to"),
        pytest.param([1, 0, -1], [2, 2, -1], "might never end", id="a way back to the root"),
        pytest.param([1, -1, -1], [1, -1, -1], "two others lead to", id="one child twice"),
        pytest.param([1, -1, -1], [3, -1, -1], "outside its tree", id="a child of the next tree"),
        pytest.param([1, -1, -1], [-1, -1, -1], "outside its tree", id="one child"),
    ],
)
def test_only_trees_are_trees(left: list[int], right: list[int], told: str | None) -> None:
    trees = Trees(np.array([3]), np.array(left), np.array(right), np.zeros(3, dtype=np.int64))
    if told is None:
        check_trees(trees, 1)
        return
    with pytest.raises(MemberUnreadable, match=told):
        check_trees(trees, 1)
