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

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """`position` of each node (NO_NODE where no root leads) and `pair`, the position of its left child."""

    position: Numbers
    pair: Numbers
    tree_first: Numbers
    tree_nodes: Numbers


def lay_out(nodes: TreeNodes) -> Layout:
    """Positions of all nodes. Raises Unpackable for a tree that is too large."""
    levels = _levels(nodes)
    below = _counts_below(nodes, levels)
    # The root's pair is one node and one that nobody visits, so that pairs begin at even positions.
    tree_nodes = below[nodes.roots] + 2
    tree_first = np.concatenate([[0], np.cumsum(tree_nodes)[:-1]]).astype(np.int64)
    for preference in (nodes.weight, -below):
        layout = _place(nodes, levels, below, preference, tree_first, tree_nodes)
        if _longest_step(nodes, layout) <= FARTHEST:
            return layout
    raise Unpackable(f"a tree of {int(tree_nodes.max()) - 1} nodes, too large for the flat table")


def _levels(nodes: TreeNodes) -> list[Numbers]:
    level, levels = nodes.roots, []
    while len(level):
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


def _place(  # what `lay_out` has worked out
    nodes: TreeNodes,
    levels: list[Numbers],
    below: Numbers,
    preference: NDArray[np.int64] | NDArray[np.float64],
    tree_first: Numbers,
    tree_nodes: Numbers,
) -> Layout:
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
    return Layout(position, pair, tree_first, tree_nodes)


def _longest_step(nodes: TreeNodes, layout: Layout) -> int:
    inner = (nodes.left != NO_NODE) & (layout.position != NO_NODE)
    return int(np.max((layout.pair - layout.position)[inner], initial=0))
