"""An XGBoost booster of `binary:logistic` with plain trees, read from its own JSON.

It sends `x < t` left, adds in single precision from the base score on, and so does the packed member.
"""

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_runtimes.evaluator.columns import columns_by_side
from churn_runtimes.evaluator.packed_member import NO_NODE, Link, ScoreRule, TreeMember, TreeNodes
from churn_runtimes.evaluator.thresholds import just_below
from churn_runtimes.evaluator.unpackable import Unpackable


def pack_xgboost(booster: Any) -> TreeMember:
    """Raises Unpackable for dart, linear, multi-class or categorical boosters and other objectives."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient_booster, parameters = learner["gradient_booster"], learner["learner_model_param"]
    if gradient_booster["name"] != "gbtree":
        raise Unpackable(f"booster {gradient_booster['name']}")
    if learner["objective"]["name"] != "binary:logistic":
        raise Unpackable(f"objective {learner['objective']['name']}")
    if int(parameters["num_class"]) > 1 or int(parameters["num_target"]) > 1:
        raise Unpackable("more than one score per row")
    trees = gradient_booster["model"]["trees"]
    if any(any(tree["split_type"]) for tree in trees):
        raise Unpackable("categorical splits")
    return TreeMember(
        _nodes(trees, int(parameters["num_feature"])),
        ScoreRule(Link.LOGISTIC, start=_base_margin(parameters["base_score"]), single=True),
    )


def _nodes(trees: list[dict[str, Any]], features: int) -> TreeNodes:
    counts = [len(tree["left_children"]) for tree in trees]
    roots = np.cumsum([0, *counts], dtype=np.int64)[:-1]
    moved = np.repeat(roots, counts)
    left, right = _together(trees, "left_children", np.int64), _together(trees, "right_children", np.int64)
    is_leaf = left == NO_NODE
    conditions = _together(trees, "split_conditions", np.float32)
    sides = _together(trees, "default_left", np.int64)
    return TreeNodes(
        columns=columns_by_side(features),
        roots=roots,
        left=np.where(is_leaf, NO_NODE, left + moved),
        right=np.where(is_leaf, NO_NODE, right + moved),
        column=2 * _together(trees, "split_indices", np.int64) + sides,
        threshold=just_below(conditions),
        value=conditions.astype(np.float64),
        weight=_together(trees, "sum_hessian", np.float64),
    )


def _together(trees: list[dict[str, Any]], name: str, dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.asarray(tree[name], dtype=dtype) for tree in trees])


def _base_margin(base_score: str) -> float:
    """The log-odds of the base score, worked out in single precision as XGBoost does."""
    score = np.float32(base_score.strip("[]"))
    # NumPy's own logarithm of a float32 is off by one in the last place now and then.
    return -float(np.float32(math.log(np.float32(1) / score - np.float32(1))))
