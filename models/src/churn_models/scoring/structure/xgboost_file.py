"""An XGBoost model in UBJSON: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html."""

from typing import Any

import numpy as np

from churn_models.errors import MemberUnreadable
from churn_models.scoring.structure.trees import NO_CHILD, Numbers, Trees, check_trees
from churn_models.scoring.structure.ubjson import read_ubjson

_PROBABILITIES = ("binary:logistic", "reg:logistic")
_BY_NODE = (
    *("base_weights", "default_left", "left_children", "loss_changes", "parents", "right_children"),
    *("split_conditions", "split_indices", "split_type", "sum_hessian"),
)
_LARGEST_CATEGORY = 1 << 16
_NO_PARENT = 2**31 - 1

Part = dict[str, Any]


def check_xgboost(content: bytes, features: int) -> None:
    """Raises MemberUnreadable for anything but trees that give one probability per row of so many features."""
    try:
        _check(read_ubjson(content)["learner"], features)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MemberUnreadable(f"no model of XGBoost: {type(error).__name__}: {error}") from error


def _check(learner: Part, features: int) -> None:
    parameters, booster = learner["learner_model_param"], learner["gradient_booster"]
    if (objective := learner["objective"]["name"]) not in _PROBABILITIES:
        raise MemberUnreadable(f"objective {objective} gives no probability")
    if int(parameters["num_class"]) > 1 or int(parameters["num_target"]) != 1:
        raise MemberUnreadable("more than one score per row")
    if int(parameters["num_feature"]) != features:
        raise MemberUnreadable(f"fitted on {parameters['num_feature']} features, schema.json has {features}")
    if booster["name"] not in ("gbtree", "dart"):
        raise MemberUnreadable(f"booster {booster['name']}: only trees can be served")
    model = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
    trees = model["trees"]
    if booster["name"] == "dart" and len(booster["weight_drop"]) != len(trees):
        raise MemberUnreadable("not one weight for each tree")
    _check_order(model, len(trees))
    for tree in trees:
        _check_tree(tree, features)
    check_trees(_nodes(trees), features)
    if any(_is_astray(tree) for tree in trees):
        raise MemberUnreadable("a node whose parent does not lead to it")


def _check_order(model: Part, trees: int) -> None:
    """Which tree adds to which score, and in which round it was made."""
    sizes, rounds = model["gbtree_model_param"], np.asarray(model["iteration_indptr"], dtype=np.int64)
    if int(sizes["num_trees"]) != trees or int(sizes["num_parallel_tree"]) < 1:
        raise MemberUnreadable(f"{sizes['num_trees']} trees by the header, {trees} in the file")
    if list(model["tree_info"]) != [0] * trees:
        raise MemberUnreadable("trees that add to more than one score")
    if rounds[0] != 0 or rounds[-1] != trees or (np.diff(rounds) < 0).any():
        raise MemberUnreadable("rounds of boosting that do not hold the trees")
    if any(len(part) for part in model.get("cats", {}).values()):
        raise MemberUnreadable("categories of a table, which this server does not send")


def _check_tree(tree: Part, features: int) -> None:
    parameters = tree["tree_param"]
    nodes = int(parameters["num_nodes"])
    if any(len(tree[name]) != nodes for name in _BY_NODE):
        raise MemberUnreadable("a tree whose lists are not as long as it has nodes")
    if int(parameters["num_feature"]) != features or int(parameters["size_leaf_vector"]) > 1:
        raise MemberUnreadable("a tree of other features, or of more than one score per leaf")
    _check_categories(tree, nodes)


def _check_categories(tree: Part, nodes: int) -> None:
    asked, values = np.asarray(tree["categories_nodes"]), np.asarray(tree["categories"])
    first, counts = (np.asarray(tree[f"categories_{name}"], dtype=np.int64) for name in ("segments", "sizes"))
    if not len(asked) == len(first) == len(counts):
        raise MemberUnreadable("lists of categories of unequal length")
    if set(np.flatnonzero(np.asarray(tree["split_type"])).tolist()) != set(asked.tolist()):
        raise MemberUnreadable("splits by category without their categories")
    if ((first < 0) | (counts < 0) | (first + counts > len(values)) | (asked < 0) | (asked >= nodes)).any():
        raise MemberUnreadable("a split's categories lie outside their list")
    if ((values < 0) | (values >= _LARGEST_CATEGORY)).any():
        raise MemberUnreadable("a category that is no small whole number")


def _is_astray(tree: Part) -> bool:
    parents, nodes = np.asarray(tree["parents"]), np.arange(len(tree["parents"]))
    for side in ("left_children", "right_children"):
        children = np.asarray(tree[side])
        inner = children != NO_CHILD
        if (parents[children[inner]] != nodes[inner]).any():
            return True
    return bool(parents[0] != _NO_PARENT or ((parents < 0) | (parents >= len(nodes)))[1:].any())


def _nodes(trees: list[Part]) -> Trees:
    def together(name: str) -> Numbers:
        parts = [np.asarray(tree[name], dtype=np.int64) for tree in trees]
        return np.concatenate([*parts, np.zeros(0, dtype=np.int64)])

    sizes = np.array([len(tree["left_children"]) for tree in trees], dtype=np.int64)
    left, right = together("left_children"), together("right_children")
    if ((left == NO_CHILD) != (right == NO_CHILD)).any():
        raise MemberUnreadable("a node with one child")
    return Trees(sizes, left, right, together("split_indices"))
