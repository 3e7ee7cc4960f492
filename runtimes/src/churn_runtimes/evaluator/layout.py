"""Where each node of a tree goes in the flat table: depth first, the more travelled child's subtree next.

A walk then stays on the same cache lines for several levels, which is most of the difference between 10 and 20
microseconds a row. Level by level over all trees at once, because a loop over nodes takes seconds in Python.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_runtimes.evaluator.packed_member import NO_NODE, TreeNodes
from churn_runtimes.evaluator.unpackable import Unpackable

FARTHEST = 0xFFFF
"""Nodes from a parent to its children at most: what 16 bits hold."""

LINE = 8
"""Nodes in a cache line."""

USUAL = 0.65
"""The share of training rows that are at a leaf after a tree's usual levels. Less would leave too many walks to go on
one by one, more would make too many wait at their leaf: tried on the default trees of all libraries."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """`position` of each node (NO_NODE where no root leads), `pair`, that of its left child, and facts of each tree."""

    position: Numbers
    pair: Numbers
    tree_first: Numbers
    tree_nodes: Numbers
    usual_levels: Numbers


def lay_out(nodes: TreeNodes) -> Layout:
    """Positions of all nodes. Raises Unpackable for a tree that is too large."""
    levels = levels_of(nodes)
    below = _counts_below(nodes, levels)
    # The root's pair is one node and one that nobody visits, so that pairs begin at even positions. Every tree begins
    # at a cache line: its first one then holds the root and three pairs, which takes a tenth off the lines of a walk.
    tree_nodes = -(-(below[nodes.roots] + 2) // LINE) * LINE
    tree_first = np.concatenate([[0], np.cumsum(tree_nodes)[:-1]]).astype(np.int64)
    usual_levels = _usual_levels(nodes, levels)
    for preference in (nodes.weight, -below):
        position, pair = _place(nodes, levels, below, preference, tree_first)
        if _longest_step(nodes, position, pair) <= FARTHEST:
            return Layout(position, pair, tree_first, tree_nodes, usual_levels)
    raise Unpackable(f"a tree of {int(tree_nodes.max()) - 1} nodes, too large for the flat table")


def levels_of(nodes: TreeNodes) -> list[Numbers]:
    """The nodes of each depth, all trees together. Raises Unpackable where they would never end."""
    level, levels, visited = nodes.roots, [], 0
    while len(level):
        visited += len(level)
        if visited > len(nodes.left):
            raise Unpackable("nodes that lead back to others: a walk would not end")
        levels.append(level)
        inner = level[nodes.left[level] != NO_NODE]
        level = np.concatenate([nodes.left[inner], nodes.right[inner]])
    return levels


def _counts_below(nodes: TreeNodes, levels: list[Numbers]) -> Numbers:
    below = np.zeros(len(nodes.left), dtype=np.int64)
    for level in reversed(levels):
        inner = level[nodes.left[level] != NO_NODE]
        below[inner] = 2 + below[nodes.left[inner]] + below[nodes.right[inner]]
    return below


def _usual_levels(nodes: TreeNodes, levels: list[Numbers]) -> Numbers:
    """By tree, after how many levels USUAL of the training rows are at a leaf."""
    trees = len(nodes.roots)
    own, ended, usual = np.arange(trees), np.zeros(trees), np.full(trees, len(levels), dtype=np.int64)
    wanted = USUAL * nodes.weight[nodes.roots]
    for depth, level in enumerate(levels):
        is_leaf = nodes.left[level] == NO_NODE
        ended += np.bincount(own[is_leaf], nodes.weight[level[is_leaf]], minlength=trees)
        usual[(ended >= wanted) & (usual > depth)] = depth
        own = np.tile(own[~is_leaf], 2)
    return usual


def _place(
    nodes: TreeNodes,
    levels: list[Numbers],
    below: Numbers,
    preference: NDArray[np.int64] | NDArray[np.float64],
    tree_first: Numbers,
) -> tuple[Numbers, Numbers]:
    position = np.full(len(nodes.left), NO_NODE, dtype=np.int64)
    pair = position.copy()
    position[nodes.roots] = tree_first
    pair[nodes.roots] = tree_first + 2
    for level in levels:
        inner = level[nodes.left[level] != NO_NODE]
        left, right, first = nodes.left[inner], nodes.right[inner], pair[inner]
        position[left], position[right] = first, first + 1
        left_next = preference[left] >= preference[right]
        pair[left] = first + 2 + np.where(left_next, 0, below[right])
        pair[right] = first + 2 + np.where(left_next, below[left], 0)
    return position, pair


def _longest_step(nodes: TreeNodes, position: Numbers, pair: Numbers) -> int:
    inner = (nodes.left != NO_NODE) & (position != NO_NODE)
    return int(np.max((pair - position)[inner], initial=0))
