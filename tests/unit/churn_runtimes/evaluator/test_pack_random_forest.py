"""A packed forest scores bit for bit like scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from churn_runtimes.evaluator.pack_random_forest import pack_random_forest
from churn_runtimes.evaluator.thresholds import rounded_down
from churn_runtimes.evaluator.unpackable import Unpackable
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from support.flat import score_packed, training_matrix, tricky_rows


@pytest.mark.parametrize("trees", [1, 16, 37])
@pytest.mark.parametrize("missing", [0.0, 0.1, 0.6])
def test_scores_are_those_of_the_library(missing: float, trees: int) -> None:
    matrix, target = training_matrix(missing)
    forest = RandomForestClassifier(n_estimators=trees, random_state=0).fit(matrix, target)
    rows = tricky_rows(matrix)
    np.testing.assert_array_equal(score_packed(pack_random_forest(forest), rows), forest.predict_proba(rows)[:, 1])


def test_thresholds_between_two_float32_are_kept() -> None:
    matrix, target = training_matrix(0.0)
    forest = RandomForestClassifier(n_estimators=20, random_state=0).fit(matrix, target)
    thresholds = np.concatenate([tree.tree_.threshold for tree in forest.estimators_])
    assert (thresholds.astype(np.float32) > thresholds).any(), "no threshold that rounding would move up"
    rows = tricky_rows(matrix)
    np.testing.assert_array_equal(score_packed(pack_random_forest(forest), rows), forest.predict_proba(rows)[:, 1])


def test_a_split_of_missing_from_all_others() -> None:
    matrix = np.array([[np.nan], [1.0], [2.0], [np.nan], [3.0], [1.5]] * 10, dtype=np.float32)
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(matrix, np.isnan(matrix[:, 0]).astype(int))
    assert any(np.isinf(tree.tree_.threshold).any() for tree in forest.estimators_)
    rows = np.array([[np.nan], [1.0], [-1e30], [3.4e38]], dtype=np.float32)
    np.testing.assert_array_equal(score_packed(pack_random_forest(forest), rows), forest.predict_proba(rows)[:, 1])


def test_trees_that_are_one_leaf() -> None:
    matrix, target = training_matrix()
    forest = RandomForestClassifier(n_estimators=3, max_depth=1, min_samples_leaf=299).fit(matrix, target)
    rows = tricky_rows(matrix, 50)
    np.testing.assert_array_equal(score_packed(pack_random_forest(forest), rows), forest.predict_proba(rows)[:, 1])


@pytest.mark.parametrize(
    ("estimator", "classes", "reason"),
    [
        pytest.param(ExtraTreesClassifier(n_estimators=2), 2, "ExtraTreesClassifier", id="another estimator"),
        pytest.param(RandomForestClassifier(n_estimators=2), 3, "two classes", id="three classes"),
    ],
)
def test_what_is_no_forest_of_two_classes_is_refused(estimator: Any, classes: int, reason: str) -> None:
    matrix, _ = training_matrix(0.0)
    estimator.fit(matrix, np.arange(len(matrix)) % classes)
    with pytest.raises(Unpackable, match=reason):
        pack_random_forest(estimator)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        pytest.param(1.0, 1.0, id="exact"),
        pytest.param(1.0 + 2**-24 + 2**-30, 1.0, id="nearest is above"),
        pytest.param(1.0 + 2**-25, 1.0, id="nearest is below"),
        pytest.param(-1.0 - 2**-30, -1.0 - 2**-23, id="negative"),
        pytest.param(np.inf, np.finfo(np.float32).max, id="infinite"),
        pytest.param(1e300, np.finfo(np.float32).max, id="too large"),
        pytest.param(-1e300, -np.inf, id="too small"),
    ],
)
def test_a_threshold_is_the_largest_float32_not_above(threshold: float, expected: float) -> None:
    assert rounded_down(np.array([threshold]))[0] == np.float32(expected)
