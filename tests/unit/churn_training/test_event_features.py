"""What each label is given of its customer's events: those that were there at its time, from any form of a table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_models.errors import DataInvalid, SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.layout import StateLayout
from churn_training.event_features import with_event_features
from churn_training.validate import validate
from support.stream_events import schema_with_stream

NOON = 1_770_000_000.0
SCHEMA = schema_with_stream()
LABELS = pd.DataFrame(
    {"customer": ["a", "b"], "seen": [NOON, NOON], "months": 1, "contract": "monthly", "churned": ["yes", "no"]}
)
NAMES = ["support_14d", "calls_30d", "usual_minutes", "silent_for"]


def _features(tmp_path: Path, events: pd.DataFrame, name: str = "events.parquet") -> list[list[float]]:
    path = tmp_path / name
    if name.endswith("parquet"):
        events.to_parquet(path)
    else:
        events.to_csv(path, index=False)
    found = with_event_features(SCHEMA, LABELS, str(path))
    assert list(found.columns) == [*LABELS.columns, *NAMES]
    rows: list[list[float]] = found[NAMES].to_numpy().tolist()
    return rows


def _events(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer", "time", "minutes", "support"])


NOTHING = [0.0, 0.0, np.nan, np.nan]


def test_a_label_sees_what_came_up_to_its_time(tmp_path: Path) -> None:
    events = _events(("a", NOON + 1, 90, 1), ("a", NOON, 3, 1), ("a", NOON - 60, 5, 0), ("x", NOON - 60, 5, 0))
    np.testing.assert_array_equal(_features(tmp_path, events), np.array([[1, 2, 4, 0], NOTHING]))


def test_with_offsets_a_late_event_is_seen_where_it_came(tmp_path: Path) -> None:
    events = _events(("a", NOON - 60, 5, 0), ("a", NOON - 90, 7, 1), ("a", NOON + 60, 5, 1), ("a", NOON - 10, 5, 1))
    came = _features(tmp_path, events.assign(offset=range(4)).sample(frac=1, random_state=1))
    np.testing.assert_array_equal(came[0], np.array([1, 2, 6, 60]))
    np.testing.assert_array_equal(_features(tmp_path, events)[0][:2], np.array([2, 3]))


def test_a_repeated_offset_counts_once(tmp_path: Path) -> None:
    events = _events(("a", NOON - 60, 5, 0)).assign(offset=7)
    assert _features(tmp_path, pd.concat([events, events]))[0][1] == 1


@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
@pytest.mark.parametrize("form", ["seconds", "text", "moments"])
def test_forms_of_time(name: str, form: str, tmp_path: Path) -> None:
    events = _events(("a", NOON - 60, 5, 0), ("b", NOON - 30.5, 5, 1))
    moments = pd.to_datetime(events["time"], unit="s", utc=True)
    forms = {"seconds": events["time"], "moments": moments, "text": moments.map(lambda moment: moment.isoformat())}
    found = _features(tmp_path, events.assign(time=forms[form]), name)
    np.testing.assert_array_equal(found, np.array([[0, 1, 5, 60], [1, 1, 5, 30.5]]))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"minutes": ["many"]}, "events, column minutes: not a number in 1 row", id="no number"),
        pytest.param({"time": [NOON * 1000]}, "events, column time: neither a date nor seconds", id="milliseconds"),
        pytest.param({"time": ["soon"]}, "events, column time: not a number, nor a date", id="no time"),
        pytest.param({"customer": [None]}, "events, column customer: a value is missing in 1 row", id="nobody"),
        pytest.param({"offset": [-1.5]}, "events, column offset: not a whole number from 0 in 1 row", id="offset"),
    ],
)
def test_events_that_nothing_can_take_are_refused(changed: dict[str, list[Any]], fault: str, tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match=fault):
        _features(tmp_path, _events(("a", NOON, 5, 0)).assign(**changed))


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid) as refused:
        _features(tmp_path, _events(("a", NOON, 5, 0))[["time"]])
    for name in ("customer", "minutes", "support"):
        assert f"events, column {name}: the column is missing" in str(refused.value)


def test_without_events_the_columns_are_the_data_sets_own(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match="calls_30d: a feature of the stream, and no column: name the customers' ev"):
        validate(SCHEMA, LABELS)
    events = tmp_path / "events.parquet"
    _events(("a", NOON, 5, 0)).to_parquet(events)
    replaced = with_event_features(SCHEMA, LABELS.assign(**{"Calls 30D": 99.0}), str(events))
    assert replaced["calls_30d"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"time": None}, "needs the time of each label", id="no time"),
        pytest.param({"features": SCHEMA.features[:2]}, "no feature of the stream", id="no feature"),
    ],
)
def test_schemas_that_events_are_of_no_use_to(changed: dict[str, object], fault: str, tmp_path: Path) -> None:
    schema = FeatureSchema.model_validate(SCHEMA.model_dump() | changed)
    with pytest.raises(SpecError, match=fault):
        with_event_features(schema, LABELS, str(tmp_path / "events.parquet"))


def test_a_customer_has_one_label(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match="customer: a value is missing or comes twice"):
        with_event_features(SCHEMA, pd.concat([LABELS, LABELS]), str(tmp_path / "events.parquet"))


def test_fields_are_those_that_features_name() -> None:
    assert StateLayout.of(SCHEMA.stream).fields == ("support", "minutes")
