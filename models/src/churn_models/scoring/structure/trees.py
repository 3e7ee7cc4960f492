"""The one check of all trees, whatever file they come from: every walk stays inside its tree and ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import MemberUnreadable

NO_CHILD = -1

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Trees:
    """The nodes of all trees of one member, tree after tree, each beginning with its root."""

    sizes: Numbers
    """How many nodes each tree has."""
    left: Numbers
    """Of each node the child's place in its own tree, or NO_CHILD at a leaf."""
    right: Numbers
    feature: Numbers
    """What an inner node asks for; of no meaning at a leaf."""


def check_trees(trees: Trees, features: int) -> None:
    """Raises MemberUnreadable for a child outside its tree, for what is no tree, and for a feature that is none.

    No node is led to from two others, and none leads to a root: so what a root leads to is a tree, every walk ends, and
    nothing is visited twice. Nodes that no root leads to do no harm.
    """
    if trees.sizes.min(initial=1) < 1:
        raise MemberUnreadable("a tree without nodes")
    inner = np.flatnonzero((trees.left != NO_CHILD) | (trees.right != NO_CHILD))
    begins = np.cumsum(trees.sizes) - trees.sizes
    own_begin, own_size = (np.repeat(numbers, trees.sizes)[inner] for numbers in (begins, trees.sizes))
    children = []
    for child in (trees.left[inner], trees.right[inner]):
        if ((child < 0) | (child >= own_size)).any():
            raise MemberUnreadable("a node's child lies outside its tree")
        children.append(child + own_begin)
    led_to = np.bincount(np.concatenate(children), minlength=len(trees.left))
    if led_to.max(initial=0) > 1 or led_to[begins].any():
        raise MemberUnreadable("a node that two others lead to, or a root that one leads to: a walk might never end")
    asked = trees.feature[inner]
    if ((asked < 0) | (asked >= features)).any():
        raise MemberUnreadable(f"a node asks for a feature that is none of the {features}")
