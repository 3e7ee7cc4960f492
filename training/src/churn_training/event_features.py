"""Features of the stream for each label, as they were at its time: what a worker would have read then.

`datasets` calls it before validation, which then takes them for columns of the data set. The events go through the
functions that the stream goes through; no label sees an event that came after its time.
"""

import numpy as np
import pandas as pd
from churn_models.check_column import missing_column
from churn_models.errors import DataInvalid, SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import match_names
from churn_models.stream_features.event_batch import EventBatch, rounds
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.state_table import StateTable
from churn_models.violation import Violation
from numpy.typing import NDArray

from churn_training.check_identity import identities
from churn_training.event_table import EventTable, moment_numbers, read_events
from churn_training.frame_origin import origin_of, with_origin
from churn_training.progress import note, step

_AT_ONCE = 20_000
"""Customers whose states are in memory together."""


def with_event_features(schema: FeatureSchema, raw: pd.DataFrame, events: str) -> pd.DataFrame:
    """The raw rows with a column for each feature of the stream; one that the data set has is replaced.

    Raises SpecError, DataUnreadable or DataInvalid.
    """
    if not schema.stream:
        raise SpecError("schema.yaml has no feature of the stream (kind: stream), so there is no use for --events")
    if schema.time is None:
        raise SpecError("--events needs the time of each label: name its column by time: in schema.yaml")
    layout = StateLayout.of(schema.stream)
    customers, times = _labels(schema, raw)
    with step(f"features of the stream for {len(raw)} labels"):
        table = read_events(events, schema, layout.fields)
        found = features_at(layout, table, customers, times)
        given = match_names([one.name for one in schema.stream], map(str, raw.columns))
        if given:
            note(f"columns of the data set that events replace: {', '.join(given.values())}")
    columns = {one.name: found[:, place].astype(np.float64) for place, one in enumerate(schema.stream)}
    kept = raw.drop(columns=list(given.values()))
    return with_origin(kept.assign(**columns), origin_of(raw))


def features_at(
    layout: StateLayout, events: EventTable, customers: NDArray[np.object_], times: NDArray[np.float64]
) -> NDArray[np.float32]:
    """`[labels, features]`, each customer's at the label's time; a customer has one label."""
    places = pd.Index(customers)
    whose = places.get_indexer(pd.Index(events.customers))
    seen = (whose >= 0) & (_came(whose, events.times) <= times[whose])
    if len(events.times):
        note(f"{np.count_nonzero(seen)} of {len(seen)} events came before their customer's label")
    found = np.empty((len(customers), len(layout.features)), dtype=np.float32)
    order = np.flatnonzero(seen)
    order = order[np.argsort(whose[order], kind="stable")]
    starts = np.arange(0, len(customers), _AT_ONCE)
    bounds = np.searchsorted(whose[order], [*starts, len(customers)])
    for start, first, end in zip(starts.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = order[first:end]
        labels = slice(start, min(start + _AT_ONCE, len(customers)))
        named = list(customers[labels])
        batch = EventBatch(named, whose[part] - start, events.times[part], events.offsets[part], events.values[part])
        states = StateTable(layout, [None] * len(named))
        for positions in rounds(batch.whose):
            states.apply(batch, positions)
        found[labels] = states.features(np.arange(len(named)), times[labels])
    return found


def _came(whose: NDArray[np.intp], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The earliest time at which each event can have been there: a late one came behind its customer's newer ones."""
    return np.asarray(pd.Series(times).groupby(whose).cummax(), dtype=np.float64)


def _labels(schema: FeatureSchema, raw: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    wanted = [name for name in (schema.identity, schema.time) if name is not None]
    names = match_names(wanted, map(str, raw.columns))
    if missing := [missing_column(name, map(str, raw.columns)) for name in wanted if name not in names]:
        raise DataInvalid(missing)
    customers = identities(raw[names[wanted[0]]])
    times, faults = moment_numbers(wanted[1], raw[names[wanted[1]]])
    if faults:
        raise DataInvalid(faults)
    if len(set(customers)) < len(customers) or None in customers:
        raise DataInvalid([Violation(wanted[0], "a value is missing or comes twice")])
    return customers, times
