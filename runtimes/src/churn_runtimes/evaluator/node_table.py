"""The flat table of an ensemble's packed members, as arrays for `_flat_trees.Table`.

`_flat_trees.c` says what they mean; the dtypes here are its structs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from churn_models.combine import CombineRule
from churn_models.derive import NO_STEPS, STEP, Program
from numpy.typing import NDArray

from churn_runtimes.evaluator.columns import COLUMN
from churn_runtimes.evaluator.layout import Layout, lay_out
from churn_runtimes.evaluator.packed_member import (
    NO_NODE,
    LinearMember,
    Link,
    PackedMember,
    ScoreRule,
    TreeMember,
    TreeNodes,
    shares_of,
)
from churn_runtimes.evaluator.thresholds import keys_of
from churn_runtimes.evaluator.unpackable import Unpackable

NODE = np.dtype([("column", "<u2"), ("offset", "<u2"), ("threshold", "<u4")])
SPAN = np.dtype([("root", "<u4"), ("nodes", "<u4"), ("usual_levels", "<u4")])
SET = np.dtype([("first", "<u4"), ("words", "<u4")])
TERM = np.dtype(
    [(name, "<u4") for name in ("feature", "codes", "first")]
    + [(name, "<f4") for name in ("fill", "mean", "scale")]
    + [("weight", "<f8")]
)
MEMBER = np.dtype(
    [(name, "<u4") for name in ("kind", "link", "first", "count")]
    + [(name, "<f8") for name in ("start", "divisor", "factor", "offset")]
)

TREES_DOUBLE, TREES_SINGLE, LINEAR = 0, 1, 2
NO_COMBINE = 0
_COMBINE = {CombineRule.MEAN: 1, CombineRule.WEIGHTED: 1, CombineRule.VOTE: 2, CombineRule.STACK: 3}
SET_BIT = 0x8000
MOST_COLUMNS = 0x7FFE


@dataclass(frozen=True)
class NodeTable:
    """The arrays of one ensemble's packed members."""

    columns: NDArray[np.void]
    nodes: NDArray[np.void]
    trees: NDArray[np.void]
    leaves: NDArray[np.float64]
    sets: NDArray[np.void]
    set_words: NDArray[np.uint32]
    terms: NDArray[np.void]
    code_weights: NDArray[np.float64]
    members: NDArray[np.void]
    steps: NDArray[np.void]
    """What computes the derived features, with `step_values`; none of one member alone."""
    step_values: NDArray[np.float32]
    shares: NDArray[np.float64]
    """`shares_of` each node: for contributions alone, which read it beside the nodes."""


_EMPTY = NodeTable(
    columns=np.zeros(0, dtype=COLUMN),
    nodes=np.zeros(0, dtype=NODE),
    trees=np.zeros(0, dtype=SPAN),
    leaves=np.zeros(1),
    sets=np.zeros(0, dtype=SET),
    set_words=np.zeros(0, dtype=np.uint32),
    terms=np.zeros(0, dtype=TERM),
    code_weights=np.zeros(0),
    members=np.zeros(0, dtype=MEMBER),
    steps=np.zeros(0, dtype=STEP),
    step_values=np.zeros(0, dtype=np.float32),
    shares=np.zeros(0),
)


def join_tables(members: Sequence[NodeTable], program: Program = NO_STEPS) -> NodeTable:
    """One table of all these members, in their order, behind the derived features of the program.

    Raises Unpackable for more columns than a node can name.
    """
    columns, numbers = _shared_columns(members)
    starts = {field.name: 0 for field in fields(NodeTable)}
    moved = []
    for member, number in zip(members, numbers, strict=True):
        moved.append(_moved(member, starts, number))
        starts = {name: start + len(getattr(member, name)) for name, start in starts.items()}
    arrays = {name: np.concatenate([getattr(member, name) for member in moved]) for name in starts}
    return NodeTable(**(arrays | {"columns": columns, "steps": program.steps, "step_values": program.values}))


def member_table(member: PackedMember) -> NodeTable:
    """The table of one member alone. Raises Unpackable for a tree that is too large."""
    return _linear_table(member) if isinstance(member, LinearMember) else _tree_table(member)


def scoring_table(arrays: Mapping[str, NDArray[Any]]) -> NodeTable:
    """A table of these arrays, which scores and has nothing to explain by."""
    return replace(_EMPTY, **arrays)


def combine_code(rule: CombineRule) -> int:
    """The number that _flat_trees.c knows the rule by."""
    return _COMBINE[rule]


def combine_weights(rule: CombineRule, weights: Sequence[float]) -> NDArray[np.float64]:
    """What each member's score is multiplied with, as `churn_models.combine` has it."""
    coefficients = np.asarray(weights, dtype=np.float64)
    match rule:
        case CombineRule.MEAN:
            return np.full(len(coefficients), 1 / len(coefficients))
        case CombineRule.WEIGHTED | CombineRule.VOTE:
            return np.asarray(coefficients / coefficients.sum(), dtype=np.float64)
        case CombineRule.STACK:
            return coefficients


def _tree_table(member: TreeMember) -> NodeTable:
    nodes, sets = member.nodes, member.sets
    layout = lay_out(nodes)
    # Filling in a column costs as much as a level of a tree, so those that no node asks for are left out.
    asked = np.bincount(nodes.column[nodes.left != NO_NODE], minlength=len(nodes.columns)) > 0
    if asked.sum() > MOST_COLUMNS:
        raise Unpackable(f"{asked.sum()} columns, more than the flat table can number")
    table, leaves = _place_nodes(nodes, layout, np.cumsum(asked))
    return replace(
        _EMPTY,
        columns=nodes.columns[asked],
        nodes=table,
        trees=_rows(SPAN, layout.tree_first, layout.tree_nodes, layout.usual_levels),
        leaves=leaves,
        sets=_rows(SET, sets.first, sets.length),
        set_words=sets.words,
        members=_member(TREES_SINGLE if member.rule.single else TREES_DOUBLE, member.rule, len(nodes.roots)),
        shares=_shares(nodes, layout),
    )


def _shares(nodes: TreeNodes, layout: Layout) -> NDArray[np.float64]:
    shares = np.zeros(int(layout.tree_nodes.sum()))
    reached = layout.position != NO_NODE
    shares[layout.position[reached]] = shares_of(nodes)[reached]
    return shares


def _place_nodes(
    nodes: TreeNodes, layout: Layout, number: NDArray[np.int64]
) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    reached = layout.position != NO_NODE
    leaf, inner = (np.flatnonzero(reached & wanted) for wanted in (nodes.left == NO_NODE, nodes.left != NO_NODE))
    # Many leaves of a forest have the same value; kept once, they stay in the cache.
    leaves, place = np.unique(nodes.value[leaf], return_inverse=True)
    table = np.zeros(int(layout.tree_nodes.sum()), dtype=NODE)
    table["threshold"][layout.position[leaf]] = place
    at = layout.position[inner]
    table["threshold"][at] = keys_of(nodes.threshold[inner])
    table["column"][at] = number[nodes.column[inner]]
    table["offset"][at] = layout.pair[inner] - at
    if nodes.code_set is not None:
        asks = inner[nodes.code_set[inner] != NO_NODE]
        table["threshold"][layout.position[asks]] = nodes.code_set[asks]
        table["column"][layout.position[asks]] |= SET_BIT
    return table, leaves


def _rows(dtype: np.dtype[np.void], *fields: NDArray[np.int64]) -> NDArray[np.void]:
    return np.column_stack(fields).astype(np.uint32).view(dtype).reshape(-1)


def _linear_table(member: LinearMember) -> NodeTable:
    terms = np.zeros(len(member.terms), dtype=TERM)
    for place, term in enumerate(member.terms):
        for name in ("feature", "weight", "fill", "mean", "scale"):
            terms[name][place] = getattr(term, name)
        terms["codes"][place] = len(term.code_weights)
    terms["first"] = np.cumsum(terms["codes"]) - terms["codes"]
    weights = [weight for term in member.terms for weight in term.code_weights]
    return replace(
        _EMPTY,
        terms=terms,
        code_weights=np.asarray(weights, dtype=np.float64),
        members=_member(LINEAR, ScoreRule(Link.LOGISTIC, offset=member.intercept), len(terms)),
    )


def _member(kind: int, rule: ScoreRule, count: int) -> NDArray[np.void]:
    row = (kind, rule.link, 0, count, rule.start, rule.divisor, rule.factor, rule.offset)
    return np.array([row], dtype=MEMBER)


def _shared_columns(members: Sequence[NodeTable]) -> tuple[NDArray[np.void], list[NDArray[np.uint16]]]:
    """The columns that differ, and for each member the numbers of its own columns among them (0 is the leaves')."""
    columns = np.concatenate([member.columns for member in members])
    # Linear members alone have none, and a shape of nothing cannot be inferred.
    rows = columns.view(np.uint32).reshape(len(columns), COLUMN.itemsize // 4)
    distinct, place = np.unique(rows, axis=0, return_inverse=True)
    if len(distinct) > MOST_COLUMNS:
        raise Unpackable(f"{len(distinct)} columns, more than the flat table can number")
    ends = np.cumsum([len(member.columns) for member in members])
    numbers = [np.concatenate([[0], part + 1]).astype(np.uint16) for part in np.split(place.reshape(-1), ends[:-1])]
    return np.ascontiguousarray(distinct).view(COLUMN).reshape(-1), numbers


def _moved(table: NodeTable, by: Mapping[str, int], numbers: NDArray[np.uint16]) -> NodeTable:
    """The same member where so many nodes, trees, … of others come before its own, its columns under new numbers."""
    nodes, trees, sets, terms, members = (
        getattr(table, name).copy() for name in ("nodes", "trees", "sets", "terms", "members")
    )
    asks = nodes["column"] & SET_BIT
    nodes["threshold"][nodes["offset"] == 0] += by["leaves"]
    nodes["threshold"][asks > 0] += by["sets"]
    nodes["column"] = numbers[nodes["column"] ^ asks] | asks
    trees["root"] += by["nodes"]
    sets["first"] += by["set_words"]
    terms["first"] += by["code_weights"]
    members["first"] += np.where(members["kind"] == LINEAR, by["terms"], by["trees"]).astype(np.uint32)
    return replace(table, nodes=nodes, trees=trees, sets=sets, terms=terms, members=members)
