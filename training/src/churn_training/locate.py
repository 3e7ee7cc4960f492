"""Where a fault of the data is: the line or row and the customer, so that nobody has to search for it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from churn_models.tables.csv_records import line_numbers
from numpy.typing import NDArray

from churn_training.frame_origin import origin_of

_SHOWN = 3


def locate(raw: pd.DataFrame, rows: NDArray[np.bool_], identity: str | None) -> tuple[str, ...]:
    """The first few of these rows as `line 7 (customer 0042)`; `identity` is the column's name in `raw`."""
    positions = np.flatnonzero(rows)[:_SHOWN]
    # A slice of a file keeps the labels of the rows that it had in the file.
    labels = [raw.index[position] for position in positions]
    places = _lines(raw, labels) or [f"row {position + 1}" for position in positions]
    if identity is None:
        return tuple(places)
    named = raw[identity].iloc[positions]
    return tuple(f"{place} ({identity} {name})" for place, name in zip(places, named, strict=True))


def _lines(raw: pd.DataFrame, labels: Sequence[object]) -> list[str]:
    form = origin_of(raw).form
    rows = [label for label in labels if isinstance(label, int | np.integer)]
    if form is None or len(rows) < len(labels):
        return []
    lines = line_numbers(form, [int(row) for row in rows])
    return [f"line {lines[int(row)]}" for row in rows if int(row) in lines]
