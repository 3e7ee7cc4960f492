"""A scikit-learn forest of two classes: each tree's leaf holds the share of churners, the forest their mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from churn_runtimes.evaluator.columns import columns_by_side
from churn_runtimes.evaluator.packed_member import NO_NODE, Link, ScoreRule, TreeMember, TreeNodes
from churn_runtimes.evaluator.thresholds import rounded_down
from churn_runtimes.evaluator.unpackable import Unpackable


def pack_random_forest(forest: Any) -> TreeMember:
    """Raises Unpackable for another estimator or another number of classes."""
    if type(forest) is not RandomForestClassifier:
        raise Unpackable(f"a {type(forest).__name__}, not a RandomForestClassifier")
    if forest.n_outputs_ != 1 or forest.n_classes_ != 2:
        raise Unpackable("a forest of other than two classes")
    trees = [estimator.tree_ for estimator in forest.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
    moved = np.repeat(roots, [tree.node_count for tree in trees])
    left, right = _together(trees, "children_left"), _together(trees, "children_right")
    is_leaf = left == NO_NODE
    sides = _together(trees, "missing_go_to_left").astype(np.int64)
    nodes = TreeNodes(
        columns=columns_by_side(forest.n_features_in_),
        roots=roots,
        left=np.where(is_leaf, NO_NODE, left + moved),
        right=np.where(is_leaf, NO_NODE, right + moved),
        column=2 * _together(trees, "feature") + sides,
        threshold=rounded_down(_together(trees, "threshold")),
        value=np.concatenate([tree.value[:, 0, 1] for tree in trees]),
        weight=_together(trees, "weighted_n_node_samples"),
    )
    return TreeMember(nodes, ScoreRule(Link.IDENTITY, divisor=float(len(trees))))


def _together(trees: list[Any], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(tree, name) for tree in trees])
