"""What one row of an ensemble costs to serve, measured by the evaluator that serves it, where that is installed.

`search` asks. churn-runtimes offers the measurement by an entry point, as it does its scorer for pyfunc.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind

GROUP = "churn_models.row_costs"
"""Entry points that give a `RowCost`."""


class RowCost(Protocol):
    """Microseconds of CPU for one row, the members scored together."""

    def __call__(self, members: Sequence[tuple[MemberKind, Path]], rows: Matrix, /) -> float:
        """Of the members' files, asked for one of the encoded rows `[rows, features]` at a time.

        Raises MemberUnreadable or TypeUntrusted.
        """


def offered_row_cost() -> RowCost | None:
    """What an installed distribution offers; none where no server's evaluator is here."""
    for offered in entry_points(group=GROUP):
        try:
            found: RowCost = offered.load()
        except Exception:  # half of an installation: bytes stand for microseconds then, and the report says so
            continue
        return found
    return None
