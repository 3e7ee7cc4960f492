"""The `time` column as `validate` keeps it: moments in UTC, or numbers, and how the rest of training counts them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from churn_models.feature_schema import FeatureSchema
from churn_models.violation import Violation
from numpy.typing import NDArray

_EXAMPLES = 3
_ZONE = r"(?:Z|[:T ]\S*[+-]\d\d(?::?\d\d)?)$"
"""Of a time of day; PostgreSQL writes +00."""


def read_times(schema: FeatureSchema, name: str, raw: "pd.Series[Any]") -> tuple["pd.Series[Any]", list[Violation]]:
    """Numbers where all are numbers, else ISO 8601 dates and timestamps (UTC where they name no zone).

    Other spellings are violations: 01/02 is the second of January to some and the first of February to others.
    """
    times, violations = moments_or_numbers(name, raw)
    return times, violations or _unit_violations(schema, name, times)


def moments_or_numbers(name: str, raw: "pd.Series[Any]") -> tuple["pd.Series[Any]", list[Violation]]:
    """The same, of whatever unit."""
    known = raw.map(lambda value: None if isinstance(value, str) and not value.strip() else value)
    missing = known.isna()
    if missing.any():
        return known, [Violation(name, "a value is missing", int(missing.sum()))]
    numbers = pd.to_numeric(known, errors="coerce") if not _are_moments(known) else pd.Series([np.nan])
    times = numbers.astype("float64") if numbers.notna().all() else _moments(known)
    if (unread := times.isna()).any():
        examples = tuple(map(repr, known[unread].astype(str).drop_duplicates()[:_EXAMPLES]))
        fault = "not a number, nor a date or timestamp like 2026-01-31 or 2026-01-31T10:00:00Z"
        return times, [Violation(name, fault, int(unread.sum()), examples)]
    return times, []


def as_numbers(times: "pd.Series[Any]") -> NDArray[np.float64]:
    """Seconds since 1970 of moments, numbers as they are, `[rows]`."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        moments = times.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
        return np.asarray(moments / 1e6, dtype=np.float64)
    return times.to_numpy(np.float64)


def first_and_last(times: "pd.Series[Any]") -> Sequence[str]:
    """The oldest and the newest time as text: ISO 8601, or the number."""
    ends = (times.min(), times.max())
    return [end.isoformat() if isinstance(end, pd.Timestamp) else f"{end:g}" for end in ends]


def _are_moments(values: "pd.Series[Any]") -> bool:
    return not pd.api.types.is_numeric_dtype(values) and not isinstance(values.iloc[0], str | int | float)


def _moments(values: "pd.Series[Any]") -> "pd.Series[Any]":
    # Apart, because pandas gives a text without a zone the zone of the text before it.
    zoned = values.astype(str).str.contains(_ZONE)
    parts = [pd.to_datetime(part, utc=True, errors="coerce", format="ISO8601") for _, part in values.groupby(zoned)]
    # Microseconds, because PostgreSQL keeps no more: the same rows give the same digest from there.
    return pd.concat(parts).sort_index().dt.floor("us")


def _unit_violations(schema: FeatureSchema, name: str, times: "pd.Series[Any]") -> list[Violation]:
    moments = isinstance(times.dtype, pd.DatetimeTZDtype)
    if moments and isinstance(schema.label_delay, float):
        return [Violation(name, f"holds dates, so label_delay needs a unit: {schema.label_delay:g}d, for days")]
    if not moments and isinstance(schema.label_delay, str):
        return [Violation(name, f"holds numbers, so label_delay must be a number of the same unit: {schema.delay:g}?")]
    if not moments and not np.isfinite(times).all():
        return [Violation(name, "infinite")]
    return []
