"""Contributions of a packed member of trees: path-dependent TreeSHAP in the compiled half (`shap.h` says how).

The values are those that LightGBM's `pred_contrib`, XGBoost's `pred_contribs`, CatBoost's `ShapValues` and, for a
forest, `shap.TreeExplainer` give, from the same counts of training rows in the member's file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from numpy.typing import NDArray

from churn_runtimes.evaluator.compiled import Table
from churn_runtimes.evaluator.explain_member import ExplainMember
from churn_runtimes.evaluator.layout import levels_of
from churn_runtimes.evaluator.packed_member import NO_NODE, TreeMember, TreeNodes

_SIDE_BY_SIDE = 4
_DEEPEST = 1000
"""Both as in `shap.h`."""


@dataclass(frozen=True)
class PackedTrees:
    """Where the member is in the flat table, and the covers of all of the table's nodes."""

    table: Table
    place: int
    covers: NDArray[np.float32]


@dataclass(frozen=True)
class _MoveTrees:
    trees: PackedTrees
    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    factor: float

    def __call__(self, matrix: Matrix) -> Scores:
        trees = self.trees
        moved = trees.table.explain_member(matrix, trees.place, trees.covers, self.points, self.weights)
        return moved if self.factor == 1.0 else moved * self.factor


def explain_trees(member: TreeMember, trees: PackedTrees) -> ExplainMember | str:
    """The explanation, or why there is none."""
    nodes, rule = member.nodes, member.rule
    if len(nodes.roots) and not nodes.weight[nodes.roots].min() > 0:
        return "its file does not say how many training rows came by each node"
    levels = levels_of(nodes)
    if len(levels) > _DEEPEST:
        return f"a tree of {len(levels)} levels, more than {_DEEPEST}"
    factor = rule.factor / rule.divisor
    base = (rule.start + _expected(nodes, levels)) * factor + rule.offset
    features = len(np.unique(nodes.columns["feature"]))
    points, weights = _points(min(len(levels), features))
    return ExplainMember(_MoveTrees(trees, points, weights, factor), base, rule.link)


def _points(features: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss and Legendre's rule on 0 to 1, exact for paths of so many features; see `shap.h`."""
    groups = max(1, -(-features // (2 * _SIDE_BY_SIDE)))
    points, weights = np.polynomial.legendre.leggauss(groups * _SIDE_BY_SIDE)  # type: ignore[no-untyped-call]
    return (points + 1) / 2, weights / 2


def _expected(nodes: TreeNodes, levels: list[NDArray[np.int64]]) -> float:
    """The sum of the trees' means over the training rows, by the shares that each split sends to its sides."""
    reach = np.zeros(len(nodes.left))
    reach[nodes.roots] = 1.0
    covers = nodes.weight.astype(np.float32).astype(np.float64)
    for level in levels:
        inner = level[nodes.left[level] != NO_NODE]
        for children in _children(nodes, inner):
            known = covers[inner] > 0
            reach[children[known]] = (reach[inner] * covers[children] / np.where(known, covers[inner], 1.0))[known]
    is_leaf = nodes.left == NO_NODE
    return float((reach * nodes.value)[is_leaf].sum())


def _children(nodes: TreeNodes, inner: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    yield nodes.left[inner]
    yield nodes.right[inner]
