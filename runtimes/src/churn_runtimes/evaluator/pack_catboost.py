"""A CatBoost classifier of symmetric trees on numbers, read from its own JSON.

A symmetric tree asks one question per level; it becomes a full binary tree here.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_runtimes.evaluator.columns import columns_by_side
from churn_runtimes.evaluator.packed_member import NO_NODE, Link, ScoreRule, TreeMember, TreeNodes
from churn_runtimes.evaluator.unpackable import Unpackable

_NAN_GOES_RIGHT = {"AsTrue": True, "AsFalse": False, "AsIs": False}


def pack_catboost(classifier: Any) -> TreeMember:
    """Raises Unpackable for trees that are not symmetric, categorical features, and several scores per row."""
    model = _as_json(classifier)
    if "oblivious_trees" not in model:
        raise Unpackable("trees that are not symmetric")
    if set(model["features_info"]) != {"float_features"}:
        raise Unpackable("features that are no numbers")
    scale, biases = model["scale_and_bias"]
    if len(biases) != 1:
        raise Unpackable("more than one score per row")
    features = model["features_info"]["float_features"]
    nodes = _nodes(model["oblivious_trees"], features)
    return TreeMember(nodes, ScoreRule(Link.LOGISTIC, factor=float(scale), offset=float(biases[0])))


def _as_json(classifier: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        classifier.save_model(str(path), format="json")
        document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _nodes(trees: list[dict[str, Any]], features: list[dict[str, Any]]) -> TreeNodes:
    flat = np.array([feature["flat_feature_index"] for feature in features], dtype=np.int64)
    left_side = np.array([not _NAN_GOES_RIGHT[feature["nan_value_treatment"]] for feature in features], dtype=np.int64)
    parts = [_tree(tree, 2 * flat + left_side) for tree in trees]
    sizes = [len(part["left"]) for part in parts]
    roots = np.cumsum([0, *sizes], dtype=np.int64)[:-1]
    together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    is_leaf, moved = together["left"] == NO_NODE, np.repeat(roots, sizes)
    left = np.where(is_leaf, NO_NODE, together["left"] + moved)
    return TreeNodes(
        columns=columns_by_side(int(flat.max()) + 1),
        roots=roots,
        left=left,
        right=np.where(is_leaf, NO_NODE, left + 1),
        column=together["column"],
        threshold=together["threshold"].astype(np.float32),
        value=together["value"],
        weight=together["weight"],
    )


def _tree(tree: dict[str, Any], columns: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """A heap: the children of node i are 2i + 1 and 2i + 2. The first split is the lowest bit of a leaf's number."""
    splits = (tree["splits"] or [])[::-1]
    if any(split["split_type"] != "FloatFeature" for split in splits):
        raise Unpackable("splits on other than numbers")
    depth, leaves = len(splits), 1 << len(splits)
    number = np.arange(2 * leaves - 1)
    level = np.floor(np.log2(number + 1)).astype(np.int64)
    is_leaf = level == depth
    column = np.array([*(columns[split["float_feature_index"]] for split in splits), 0])
    border = np.array([*(split["border"] for split in splits), 0.0])
    weights = np.asarray(tree.get("leaf_weights") or np.zeros(leaves), dtype=np.float64)
    sums = [weights.reshape(1 << part, -1).sum(axis=1) for part in range(depth + 1)]
    value = np.zeros(len(number))
    value[is_leaf] = tree["leaf_values"]
    return {
        "left": np.where(is_leaf, NO_NODE, 2 * number + 1),
        "column": column[level],
        "threshold": border[level],
        "value": value,
        "weight": np.concatenate(sums),
    }
