"""Contributions of a packed member of trees: path-dependent TreeSHAP in the compiled half (`shap.h` says how).

The values are those that LightGBM's `pred_contrib`, CatBoost's `ShapValues` and `shap.TreeExplainer` give, from the
same counts of training rows in the member's file. XGBoost's own `pred_contribs` adds in single precision: of 300 trees
it is 1e-6 to 3e-6 away from shap's and ours, which add in double.
"""

from dataclasses import dataclass

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from numpy.typing import NDArray

from churn_runtimes.evaluator.compiled import Table
from churn_runtimes.evaluator.explain_member import ExplainMember
from churn_runtimes.evaluator.layout import levels_of
from churn_runtimes.evaluator.packed_member import NO_NODE, TreeMember, TreeNodes, shares_of

_SIDE_BY_SIDE = 4
_DEEPEST = 1000
"""Both as in `shap.h`."""


@dataclass(frozen=True)
class PackedTrees:
    """Where the member is in the flat table, and `shares_of` all of the table's nodes."""

    table: Table
    place: int
    shares: NDArray[np.float64]


@dataclass(frozen=True)
class _MoveTrees:
    trees: PackedTrees
    groups: NDArray[np.uint8]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    factor: float

    def __call__(self, matrix: Matrix) -> Scores:
        trees = self.trees
        moved = trees.table.explain_member(matrix, trees.place, trees.shares, self.groups, self.points, self.weights)
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
    groups = np.maximum(1, -(-_longest_paths(nodes, levels) // (2 * _SIDE_BY_SIDE))).astype(np.uint8)
    points, weights = _rules(groups)
    return ExplainMember(_MoveTrees(trees, groups, points, weights, factor), base, rule.link)


def _rules(groups: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss and Legendre's rules on 0 to 1 of 1, 2, … groups of points, left empty where no tree takes them.

    `shap.h` says what each is exact for.
    """
    sizes = np.arange(1, int(groups.max(initial=1)) + 1) * _SIDE_BY_SIDE
    points, weights = np.zeros(sizes.sum()), np.zeros(sizes.sum())
    for number in np.unique(groups).tolist():
        own = slice(sizes[: number - 1].sum(), sizes[:number].sum())
        points[own], weights[own] = np.polynomial.legendre.leggauss(sizes[number - 1])  # type: ignore[no-untyped-call]
    return (points + 1) / 2, weights / 2


def _longest_paths(nodes: TreeNodes, levels: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """By tree, how many features there are at most on one path."""
    feature = np.unique(nodes.columns["feature"], return_inverse=True)[1][nodes.column]
    bit = np.left_shift(1, feature % 8).astype(np.uint8)
    tree = np.arange(len(nodes.roots))
    seen = np.zeros((len(tree), int(feature.max(initial=0)) // 8 + 1), dtype=np.uint8)
    counts, longest = np.zeros(len(tree), dtype=np.int64), np.zeros(len(tree), dtype=np.int64)
    for level in levels:
        np.maximum.at(longest, tree, counts)
        is_inner = nodes.left[level] != NO_NODE
        inner, seen, counts = level[is_inner], seen[is_inner], counts[is_inner]
        at = np.arange(len(inner)), feature[inner] // 8
        counts = np.tile(counts + (seen[at] & bit[inner] == 0), 2)
        seen[at] |= bit[inner]
        seen, tree = np.tile(seen, (2, 1)), np.tile(tree[is_inner], 2)
    return longest


def _expected(nodes: TreeNodes, levels: list[NDArray[np.int64]]) -> float:
    """The sum of the trees' means over the training rows, by the shares that each split sends to its sides."""
    shares, reach = shares_of(nodes), np.zeros(len(nodes.left))
    reach[nodes.roots] = 1.0
    for level in levels:
        inner = level[nodes.left[level] != NO_NODE]
        for children in (nodes.left[inner], nodes.right[inner]):
            reach[children] = reach[inner] * shares[children]
    is_leaf = nodes.left == NO_NODE
    return float((reach * nodes.value)[is_leaf].sum())
