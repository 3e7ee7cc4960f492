"""What one row costs here, so that `search` prefers what is cheap to serve rather than what is small on disk.

Training finds it by the entry point `churn_models.row_costs`. CPU time, not the clock's: others may use the machine.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind
from churn_models.scoring.member import ScoreMember, load_member

from churn_runtimes.evaluator.compiled import UNAVAILABLE, compile_table
from churn_runtimes.evaluator.node_table import NodeTable, join_tables, member_table
from churn_runtimes.evaluator.pack import PACKERS
from churn_runtimes.evaluator.unpackable import Unpackable

_ROWS = 200
_REPEATS = 7
_STOCK_ROWS = 10
"""A library takes a thousand times as long."""


def row_cost(members: Sequence[tuple[MemberKind, Path]], rows: Matrix) -> float:
    """Microseconds of CPU for one row: the least of several repeats, members that cannot be packed by their library.

    Raises MemberUnreadable or TypeUntrusted.
    """
    packed: list[NodeTable] = []
    total = 0.0
    for kind, path in members:
        stock = load_member(kind, path, rows.shape[1])
        table = _packed(kind, stock)
        if table is None:
            total += _least(stock, rows[:_STOCK_ROWS])
        else:
            packed.append(table)
    if packed:
        total += _least(compile_table(join_tables(packed), rows.shape[1]).score_members, rows[:_ROWS])
    return total


def _packed(kind: MemberKind, stock: ScoreMember) -> NodeTable | None:
    if UNAVAILABLE:
        return None
    try:
        return member_table(PACKERS[kind](stock.model))
    except Unpackable:
        return None


def _least(score: Callable[[Matrix], object], rows: Matrix) -> float:
    singles = [rows[row : row + 1] for row in range(len(rows))]
    found = []
    for _ in range(_REPEATS):
        begun = time.thread_time_ns()
        for single in singles:
            score(single)
        found.append((time.thread_time_ns() - begun) / 1000 / len(singles))
    return min(found)
