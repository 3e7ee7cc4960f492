"""What is wrong with the cells of a table, counted over all its batches: some refuse it, others are scored and told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from churn_models.check_column import NOT_A_NUMBER, TOO_LARGE, Rows
from churn_models.tables.csv_records import line_numbers
from churn_models.tables.share import RowNumbers
from churn_models.tables.source import Origin
from churn_models.violation import Violation

_SHOWN = 3
_REFUSED = frozenset({NOT_A_NUMBER, TOO_LARGE})
"""What no encoding has a number for; the server answers 400 to it."""


@dataclass
class _Fault:
    rows: int = 0
    examples: list[str] = field(default_factory=list)
    first: list[tuple[int, str]] = field(default_factory=list)
    """Of the first rows that have it: their number from 0, and the customer."""


class Faults:
    """Of one table; `count` is called for each column of each batch."""

    def __init__(self, origin: Origin, identity: str | None) -> None:
        self._origin = origin
        self._identity = identity
        self._found: dict[tuple[str, str], _Fault] = {}

    def count(
        self, column: str, faults: Mapping[str, Rows], cells: pa.Array, customers: pa.Array | None, numbers: RowNumbers
    ) -> None:
        """`numbers` are those of the batch's rows, from 0; `customers` are their identities."""
        for fault, rows in faults.items():
            kept = self._found.setdefault((column, fault), _Fault())
            places = np.flatnonzero(rows)
            kept.rows += len(places)
            for place in places[: _SHOWN - len(kept.first)].tolist():
                customer = f" ({self._identity} {customers[place].as_py()})" if customers is not None else ""
                kept.first.append((int(numbers[place]), customer))
                cell = str(cells[place].as_py()).strip() if cells[place].is_valid else ""
                kept.examples += [repr(cell)] if cell and repr(cell) not in kept.examples else []

    @property
    def refuse(self) -> bool:
        """Whether the table cannot be scored as it is."""
        return any(fault in _REFUSED for _, fault in self._found)

    def violations(self, refused: bool) -> list[Violation]:
        """Those that refuse the table, or those that are told."""
        return list(self._violations(refused))

    def counts(self) -> dict[str, int]:
        """Rows by `column: fault`."""
        return {f"{column}: {fault}": kept.rows for (column, fault), kept in self._found.items()}

    def _violations(self, refused: bool) -> Iterator[Violation]:
        for (column, fault), kept in self._found.items():
            if (fault in _REFUSED) == refused:
                where = tuple(place + customer for place, customer in self._places(kept))
                yield Violation(column, fault, kept.rows, tuple(kept.examples), where)

    def _places(self, fault: _Fault) -> Iterator[tuple[str, str]]:
        rows = [row for row, _ in fault.first]
        lines = line_numbers(self._origin.form, rows) if self._origin.form else {}
        for row, customer in fault.first:
            yield (f"line {lines[row]}" if row in lines else f"row {row + 1}"), customer
