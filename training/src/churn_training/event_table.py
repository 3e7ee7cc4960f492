"""The events of customers as columns, read and checked: what `event_features` replays to labels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from churn_models.check_column import LARGEST, MISSING_FAULT, NOT_A_NUMBER, TOO_LARGE, missing_column
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import match_names
from churn_models.stream_features.event import LATEST, MOST_OFFSET, TIME
from churn_models.violation import Violation
from numpy.typing import NDArray

from churn_training.check_identity import identities
from churn_training.frame_cells import numbers_in
from churn_training.frame_origin import origin_of
from churn_training.load import load
from churn_training.time_column import as_numbers, moments_or_numbers

CUSTOMER, OFFSET = "customer", "offset"
"""Columns; the customer's may have the name of the schema's identity instead."""


@dataclass(frozen=True)
class EventTable:
    """In the order in which they came: that of `offset` where there is such a column, else of time.

    `customers` are texts `[n]`, `times` seconds since 1970 `[n]`, `offsets` `[n]`, `values` `[n, fields]` with NaN
    for missing.
    """

    customers: NDArray[np.object_]
    times: NDArray[np.float64]
    offsets: NDArray[np.float64]
    values: NDArray[np.float64]


def read_events(events: str, schema: FeatureSchema, fields: Sequence[str]) -> EventTable:
    """Of a text or Parquet file, or a table by postgresql:// URL. Raises DataUnreadable or DataInvalid."""
    wanted = [schema.identity or CUSTOMER, CUSTOMER, TIME, OFFSET, *fields]
    raw = load(events, schema.csv, lambda present: list(match_names(wanted, present).values()))
    names = match_names(wanted, raw.columns)
    customer = names.get(schema.identity or CUSTOMER, names.get(CUSTOMER))
    others = list(map(str, raw.columns))
    missing = [missing_column(name, others) for name in (TIME, *fields) if name not in names]
    missing += [] if customer else [missing_column(schema.identity or CUSTOMER, others)]
    _raise(missing)
    customers = identities(raw[customer])
    times, faults = moment_numbers(TIME, raw[names[TIME]])
    faults += _fault(str(customer), MISSING_FAULT, pd.isna(customers))
    decimal = origin_of(raw).decimal
    values = np.full((len(raw), len(fields)), np.nan)
    for place, name in enumerate(fields):
        values[:, place], wrong = numbers_in(raw[names[name]], schema.missing_markers, decimal)
        faults += _fault(name, NOT_A_NUMBER, wrong)
        faults += _fault(name, TOO_LARGE, np.abs(values[:, place]) > LARGEST)
    if OFFSET not in names:
        _raise(faults)
        order = np.argsort(times, kind="stable")
        return EventTable(customers[order], times[order], np.arange(len(order), dtype=np.float64), values[order])
    offsets, wrong = numbers_in(raw[names[OFFSET]], schema.missing_markers, decimal)
    whole = (offsets >= 0) & (offsets < MOST_OFFSET) & (offsets == np.floor(offsets))
    _raise([*faults, *_fault(OFFSET, "not a whole number from 0", wrong | ~whole)])
    order = np.argsort(offsets, kind="stable")
    return EventTable(customers[order], times[order], offsets[order], values[order])


def moment_numbers(name: str, column: pd.Series) -> tuple[NDArray[np.float64], list[Violation]]:
    """Seconds since 1970 of dates, timestamps or numbers, and what is wrong with them."""
    faults: list[Violation] = []
    times = _typed_moments(column)
    if times is None:
        read, faults = moments_or_numbers(name, column.astype(object).reset_index(drop=True))
        times = np.full(len(column), np.nan) if faults else as_numbers(read)
    if not faults:
        faults += _fault(name, "neither a date nor seconds since 1970", ~((times >= 0) & (times < LATEST)))
    return times, faults


def _typed_moments(column: pd.Series) -> NDArray[np.float64] | None:
    """Converted in C; None where each cell has to be looked at."""
    if not isinstance(column.dtype, pd.ArrowDtype) or column.isna().any():
        return None
    kind = column.dtype.pyarrow_dtype
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy(np.float64)
    if not pa.types.is_timestamp(kind):
        return None
    whole = pa.array(column).cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    return np.asarray(whole.to_numpy(zero_copy_only=False) / 1e6)


def _fault(name: str, fault: str, rows: NDArray[np.bool_]) -> list[Violation]:
    return [Violation(name, fault, int(rows.sum()))] if rows.any() else []


def _raise(faults: Collection[Violation]) -> None:
    if faults:
        raise DataInvalid([Violation(f"events, column {one.column}", one.fault, one.rows) for one in faults])
