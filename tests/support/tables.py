"""Packed tables of real bundles, and the same with something wrong in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.golden import encode_golden
from churn_models.traffic import OfferedTable
from churn_runtimes.candidate.packed_table import PackedTable, checked_table, own_table
from churn_runtimes.candidate.table_file import TableHeader, form_of, read_table, write_table
from churn_runtimes.evaluator.compiled import compile_table
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.node_table import LINEAR, scoring_table
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def packed(bundle: Bundle, version: str) -> PackedTable:
    """As a server of the bundle makes it."""
    evaluator = load_evaluator(bundle)
    assert evaluator.arrays is not None
    return own_table(bundle, version, evaluator, evaluator.arrays)


def offer(table: PackedTable, *sources: str) -> OfferedTable:
    """As the operator names it."""
    return OfferedTable(sha256=table.sha256, digest=table.digest, version=table.version, sources=sources)


@dataclass
class Opened:
    """A table to be changed."""

    header: dict[str, Any]
    arrays: Arrays

    @classmethod
    def of(cls, content: bytes) -> "Opened":
        """Everything in it, writable."""
        header, arrays = read_table(content)
        return cls(header.model_dump(mode="json"), {name: array.copy() for name, array in arrays.items()})

    def content(self) -> bytes:
        """The file again; lengths are those of the arrays unless they were changed by hand."""
        arrays = scoring_table(self.arrays)
        return write_table(TableHeader.model_validate(self.header | form_of(arrays)), arrays)


def change(content: bytes, how: Callable[[Opened], object]) -> bytes:
    """The same file with a change, whole and with its own sha256."""
    opened = Opened.of(content)
    how(opened)
    return opened.content()


def fooled(table: PackedTable, bundle: Bundle, leaf: float) -> PackedTable:
    """A table that passes its golden row and answers most others with what `leaf` makes of them.

    A verifier of few golden rows is fooled by it: only what that one row walks to keeps its value.
    """

    def spoil(opened: Opened) -> None:
        opened.header["golden"] = opened.header["golden"][:1]
        row = encode_golden(bundle.schema(), bundle.golden()[:1])
        leaves = opened.arrays["leaves"]
        leaves[~_walked_to(opened, row)] = leaf

    content = change(table.content, spoil)
    return checked_table(content, table.version, bundle.schema())


def _walked_to(opened: Opened, row: Matrix) -> NDArray[np.bool_]:
    """Which leaves' values decide the scores of this row: those that change them."""
    before = _members_scores(opened, row)
    kept = opened.arrays["leaves"].copy()
    walked = np.zeros(len(kept), dtype=bool)
    for place in range(len(kept)):
        opened.arrays["leaves"][place] = np.nan
        walked[place] = not np.array_equal(_members_scores(opened, row), before)
        opened.arrays["leaves"][place] = kept[place]
    return walked


def _members_scores(opened: Opened, row: Matrix) -> NDArray[np.float64]:
    """Of the table as it is now."""
    return compile_table(scoring_table(opened.arrays), row.shape[1]).score_members(row)


def all_equal(table: PackedTable, bundle: Bundle, score: float) -> PackedTable:
    """A table that answers every row alike, and says so in its golden rows."""

    def flatten(opened: Opened) -> None:
        header, members = opened.header, opened.arrays["members"]
        members["first"], members["count"] = 0, 0
        members["kind"] = LINEAR
        members["link"] = 0
        members["start"], members["divisor"], members["factor"], members["offset"] = 0.0, 1.0, 1.0, score
        header["weights"], header["combine"] = [1.0] * len(header["members"]), "mean"
        for golden in header["golden"]:
            golden["score"] = score
            golden["members"] = dict.fromkeys(header["members"], score)

    return checked_table(change(table.content, flatten), table.version, bundle.schema())
