"""A LightGBM booster of objective `binary`, read from the text that is its file format.

Every column takes values of at most 1e-35 for zero, as LightGBM's own reader of rows does; what a missing value or
a zero then means is the node's missing type: None (a missing value is a zero), Zero (a zero is missing) or NaN.
"""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_runtimes.evaluator.columns import COLUMN, LEFT, RIGHT
from churn_runtimes.evaluator.packed_member import NO_NODE, CodeSets, Link, ScoreRule, TreeMember, TreeNodes
from churn_runtimes.evaluator.thresholds import rounded_down
from churn_runtimes.evaluator.unpackable import Unpackable

_ZERO_RADIUS = np.float32(1e-35)
_NO_CODE = -1.0
# (when_missing, when_zero) of the columns of one feature; the order is `_column`'s.
_COLUMNS = (
    (0.0, 0.0),  # missing type None
    (RIGHT, RIGHT),  # Zero, default right
    (LEFT, LEFT),  # Zero, default left
    (RIGHT, 0.0),  # NaN, default right
    (LEFT, 0.0),  # NaN, default left
    (_NO_CODE, 0.0),  # a categorical split: a missing value is in no set
)
_SET_COLUMN = len(_COLUMNS) - 1

Fields = dict[str, list[str]]


def pack_lightgbm(booster: Any) -> TreeMember:
    """Raises Unpackable for other objectives, several scores per row, and linear trees."""
    header, *trees = booster.model_to_string(num_iteration=-1).split("\nTree=")
    rule = _rule(header, len(trees))
    features = int(_value(header, "max_feature_idx")) + 1
    fields: Fields = defaultdict(list)
    for tree in trees:
        for line in tree.split("\n\n", 1)[0].splitlines()[1:]:
            name, _, value = line.partition("=")
            fields[name].append(value)
    if any(int(flag) for flag in fields["is_linear"]):
        raise Unpackable("linear trees")
    return TreeMember(_nodes(fields, features), rule, _sets(fields))


def _rule(header: str, trees: int) -> ScoreRule:
    objective, *settings = _value(header, "objective").split()
    if objective != "binary":
        raise Unpackable(f"objective {objective}")
    if _value(header, "num_tree_per_iteration") != "1":
        raise Unpackable("more than one score per row")
    sigmoid = dict(setting.split(":") for setting in settings)["sigmoid"]
    is_mean = "average_output" in header.splitlines()
    return ScoreRule(Link.LOGISTIC, divisor=float(trees) if is_mean else 1.0, factor=float(sigmoid))


def _value(header: str, name: str) -> str:
    return next(line.split("=", 1)[1] for line in header.splitlines() if line.startswith(f"{name}="))


def _nodes(fields: Fields, features: int) -> TreeNodes:
    """The inner nodes of all trees, then the leaves of all trees."""
    leaves = _numbers(fields["num_leaves"], np.int64)
    inner = leaves - 1
    first_inner, first_leaf = np.cumsum(inner) - inner, np.cumsum(leaves) - leaves + inner.sum()
    left, right = (
        _children(_numbers(fields[name], np.int64), np.repeat(first_inner, inner), np.repeat(first_leaf, inner))
        for name in ("left_child", "right_child")
    )
    decision = _numbers(fields["decision_type"], np.int64)
    is_set = (decision & 1).astype(bool)
    threshold = _numbers(fields["threshold"], np.float64)
    sets = np.full(len(threshold), NO_NODE, dtype=np.int64)
    sets[is_set] = threshold[is_set].astype(np.int64) + np.repeat(_set_starts(fields), inner)[is_set]
    unused = np.zeros(leaves.sum(), dtype=np.int64)
    return TreeNodes(
        columns=_columns(features),
        roots=np.where(inner > 0, first_inner, first_leaf),
        left=np.concatenate([left, unused + NO_NODE]),
        right=np.concatenate([right, unused + NO_NODE]),
        column=np.concatenate([_column(_numbers(fields["split_feature"], np.int64), decision), unused]),
        threshold=np.concatenate([rounded_down(threshold), unused.astype(np.float32)]),
        value=np.concatenate([np.zeros(len(left)), _numbers(fields["leaf_value"], np.float64)]),
        weight=np.concatenate([_counts(fields, "internal_count", inner), _counts(fields, "leaf_count", leaves)]),
        code_set=np.concatenate([sets, unused + NO_NODE]) if is_set.any() else None,
    )


def _numbers(texts: list[str], dtype: Any) -> NDArray[Any]:
    return np.array(" ".join(texts).split(), dtype=dtype)


def _counts(fields: Fields, name: str, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many rows came by; some trees do not say, and then it does not matter enough to ask which."""
    counts = _numbers(fields[name], np.float64)
    return counts if len(counts) == nodes.sum() else np.zeros(nodes.sum())


def _children(children: NDArray[np.int64], inner: NDArray[np.int64], leaf: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(children >= 0, children + inner, ~children + leaf)


def _columns(features: int) -> NDArray[np.void]:
    columns = np.zeros(features * len(_COLUMNS), dtype=COLUMN)
    columns["feature"] = np.repeat(np.arange(features), len(_COLUMNS))
    columns["when_missing"] = np.tile([missing for missing, _ in _COLUMNS], features)
    columns["when_zero"] = np.tile([zero for _, zero in _COLUMNS], features)
    columns["zero_radius"] = _ZERO_RADIUS
    return columns


def _column(feature: NDArray[np.int64], decision: NDArray[np.int64]) -> NDArray[np.int64]:
    default_left, missing_type = decision >> 1 & 1, decision >> 2 & 3
    kind = np.where(missing_type == 0, 0, 2 * missing_type - 1 + default_left)
    return np.add(feature * len(_COLUMNS), np.where(decision & 1, _SET_COLUMN, kind), dtype=np.int64)


def _set_starts(fields: Fields) -> NDArray[np.int64]:
    counts = _numbers(fields["num_cat"], np.int64)
    return np.asarray(np.cumsum(counts) - counts, dtype=np.int64)


def _sets(fields: Fields) -> CodeSets:
    """Each tree lists the borders of its sets from 0 on, only where it has any."""
    borders = [np.array(text.split(), dtype=np.int64) for text in fields["cat_boundaries"]]
    if not borders:
        return CodeSets()
    words = _numbers(fields["cat_threshold"], np.uint32)
    starts = np.cumsum([0, *(border[-1] for border in borders)])
    first = np.concatenate([border[:-1] + start for border, start in zip(borders, starts, strict=False)])
    return CodeSets(first, np.concatenate([np.diff(border) for border in borders]), words)
