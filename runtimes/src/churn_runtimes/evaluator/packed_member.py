"""What a packer makes of a fitted member: the numbers that decide, in arrays that no library owns."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

NO_NODE = -1


class Link(IntEnum):
    """From a member's sum to P(churn); the values are those of _flat_trees.c."""

    IDENTITY = 0
    LOGISTIC = 1


@dataclass(frozen=True)
class ScoreRule:
    """P(churn) = link((start + sum) / divisor * factor + offset); `single` adds in float32, start and sum alone."""

    link: Link
    start: float = 0.0
    divisor: float = 1.0
    factor: float = 1.0
    offset: float = 0.0
    single: bool = False


@dataclass(frozen=True)
class TreeNodes:
    """The nodes of all trees of one member, in any order; `left` and `right` are numbers of nodes."""

    columns: NDArray[np.void]
    roots: NDArray[np.int64]
    left: NDArray[np.int64]  # NO_NODE at a leaf
    right: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: NDArray[np.float32]  # a value of at most this goes left
    value: NDArray[np.float64]  # of a leaf
    weight: NDArray[np.float64]  # how many rows came by in training, as its library weighs them
    code_set: NDArray[np.int64] | None = None  # number in `sets` where the node asks for membership, or NO_NODE


def shares_of(nodes: TreeNodes) -> NDArray[np.float64]:
    """Of each node, the share of the training rows of its parent that came to it; 1 of a root."""
    shares = np.ones(len(nodes.left))
    inner = np.flatnonzero(nodes.left != NO_NODE)
    came = nodes.weight[inner]
    for children in (nodes.left[inner], nodes.right[inner]):
        shares[children] = np.where(came > 0, nodes.weight[children] / np.where(came > 0, came, 1.0), 0.0)
    return shares


@dataclass(frozen=True)
class CodeSets:
    """Sets of category codes as bits: set i is `words[first[i]:first[i] + length[i]]`."""

    first: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    length: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    words: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, dtype=np.uint32))


@dataclass(frozen=True)
class TreeMember:
    """A member of trees, in the order in which its library adds them."""

    nodes: TreeNodes
    rule: ScoreRule
    sets: CodeSets = field(default_factory=CodeSets)


@dataclass(frozen=True)
class LinearTerm:
    """One feature's addend. Numeric: weight * ((x or fill) - mean) / scale; else its code's weight."""

    feature: int
    weight: float  # of a categorical feature: that of a missing value
    fill: float = 0.0
    mean: float = 0.0
    scale: float = 1.0
    code_weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class LinearMember:
    """A logistic regression: link(intercept + the terms' sum)."""

    terms: tuple[LinearTerm, ...]
    intercept: float


PackedMember = TreeMember | LinearMember
