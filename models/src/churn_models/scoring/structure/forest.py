"""A scikit-learn estimator as skops gives it: the type that its kind says, and trees that can be walked.

Reading the file makes Python objects and arrays of it, which is safe; scikit-learn's compiled walk is what is not.
"""

from typing import Any

import numpy as np

from churn_models.errors import MemberUnreadable
from churn_models.scoring.structure.trees import Trees, check_trees


def check_forest(forest: Any, features: int) -> None:
    """Raises MemberUnreadable for anything but a forest of two classes over so many features."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    _check_type(forest, RandomForestClassifier)
    if not forest.estimators_:
        raise MemberUnreadable("a forest without trees")
    if forest.n_features_in_ != features:
        raise MemberUnreadable(f"fitted on {forest.n_features_in_} features, schema.json has {features}")
    for estimator in forest.estimators_:
        _check_type(estimator, DecisionTreeClassifier)
    trees = [estimator.tree_ for estimator in forest.estimators_]
    if any(tree.value.shape != (tree.node_count, 1, 2) for tree in trees) or list(forest.classes_) != [0, 1]:
        raise MemberUnreadable("a forest of other than two classes")
    nodes = Trees(
        np.array([tree.node_count for tree in trees], dtype=np.int64),
        *(
            np.concatenate([getattr(tree, name) for tree in trees]).astype(np.int64)
            for name in ("children_left", "children_right", "feature")
        ),
    )
    check_trees(nodes, features)


def check_pipeline(pipeline: Any) -> None:
    """Raises MemberUnreadable for any step that training does not write: each of these computes by NumPy alone."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: PLC0415

    _check_type(pipeline, Pipeline)
    *before, (_, regression) = pipeline.steps
    _check_type(regression, LogisticRegression)
    for _, columns in before:
        _check_type(columns, ColumnTransformer)
        for _, transformer, _ in columns.transformers_:
            steps = [step for _, step in transformer.steps] if type(transformer) is Pipeline else [transformer]
            for step in steps:
                if step not in ("drop", "passthrough"):
                    _check_type(step, SimpleImputer, StandardScaler, OneHotEncoder)


def _check_type(found: Any, *wanted: type) -> None:
    if type(found) not in wanted:
        raise MemberUnreadable(f"holds a {type(found).__name__}, not a {wanted[0].__name__}")
