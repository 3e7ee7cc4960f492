"""The compiled half of the evaluator, where this machine has it.

It is built when the distribution is installed; without a C compiler the installation goes on and this says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from churn_models.combine import CombineRule

from churn_runtimes.evaluator.node_table import NO_COMBINE, NodeTable, combine_code, combine_weights

__all__ = ["UNAVAILABLE", "Join", "Table", "compile_table"]

try:
    from churn_runtimes.evaluator._flat_trees import Table

    UNAVAILABLE = ""
except ImportError as error:
    Table = None  # type: ignore[assignment, misc]  # there was no compiler at installation
    UNAVAILABLE = f"the compiled evaluator is not installed ({error})"


@dataclass(frozen=True)
class Join:
    """How the members of one ensemble join."""

    rule: CombineRule
    weights: Sequence[float]
    intercept: float


def compile_table(table: NodeTable, features: int, join: Join | None = None) -> Table:
    """The table in the compiled half's own memory, for rows of so many features that customers have.

    Without `join` it gives members' scores alone.
    """
    return Table(
        columns=table.columns,
        nodes=table.nodes,
        trees=table.trees,
        leaves=table.leaves,
        sets=table.sets,
        set_words=table.set_words,
        terms=table.terms,
        code_weights=table.code_weights,
        members=table.members,
        steps=table.steps,
        step_values=table.step_values,
        weights=combine_weights(join.rule, join.weights) if join else np.zeros(0),
        features=features,
        combine=combine_code(join.rule) if join else NO_COMBINE,
        intercept=join.intercept if join else 0.0,
    )
