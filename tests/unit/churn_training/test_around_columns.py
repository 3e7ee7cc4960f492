"""The time and treated columns in the spellings that sources have, and what is refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_training.time_column import as_numbers, first_and_last, read_times
from churn_training.treated_column import read_treated

SCHEMA = FeatureSchema.model_validate(
    {
        "target": {"name": "churn", "positive": "yes", "negative": "no"},
        "features": [{"kind": "numeric", "name": "months"}],
        "time": "seen",
    }
)
DAY = 86_400


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["1970-01-02", "1970-01-03"], [DAY, 2 * DAY], id="dates as text"),
        pytest.param(["1970-01-02T01:00:00+01:00", "1970-01-02 00:00:00.5"], [DAY, DAY + 0.5], id="timestamps"),
        pytest.param(["1970-01-02 05:00:00+05", "1970-01-02 06:00:00"], [DAY, DAY + 21_600], id="zones of PostgreSQL"),
        pytest.param([date(1970, 1, 2), date(1970, 1, 3)], [DAY, 2 * DAY], id="dates of a database"),
        pytest.param(pd.to_datetime(["1970-01-02", "1970-01-03"]), [DAY, 2 * DAY], id="timestamps of Parquet"),
        pytest.param(["3", " 4.5"], [3, 4.5], id="numbers as text"),
        pytest.param([3, 4], [3, 4], id="numbers"),
    ],
)
def test_times_are_read(values: object, expected: list[float]) -> None:
    times, violations = read_times(SCHEMA, "seen", pd.Series(values))
    assert not violations
    np.testing.assert_array_equal(as_numbers(times), expected)


@pytest.mark.parametrize(
    ("values", "delay", "message"),
    [
        pytest.param(["2026-01-02", "01/03/2026"], None, "not a number, nor a date or timestamp", id="day or month"),
        pytest.param(["2026-01-02", " "], None, "a value is missing in 1 row", id="a gap"),
        pytest.param(["2026-01-02", "7"], None, "not a number, nor a date", id="both"),
        pytest.param(["2026-01-02"], 30, "label_delay needs a unit: 30d", id="dates, delay without a unit"),
        pytest.param([7], "30d", "holds numbers, so label_delay must be a number", id="numbers, delay in days"),
        pytest.param([float("inf")], None, "infinite", id="infinity"),
    ],
)
def test_other_times_are_refused(values: list[object], delay: object, message: str) -> None:
    schema = FeatureSchema.model_validate(SCHEMA.model_dump() | {"label_delay": delay})
    _, (violation,) = read_times(schema, "seen", pd.Series(values))
    assert message in str(violation)


def test_the_first_and_last_are_told_as_written() -> None:
    assert first_and_last(pd.Series([3.0, 12.0])) == ["3", "12"]
    times, _ = read_times(SCHEMA, "seen", pd.Series(["2026-01-02", "2026-01-01"]))
    assert first_and_last(times) == ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"]


@pytest.mark.parametrize("values", [["Yes", "no"], [True, False], [1, 0], [1.0, 0.0], ["TRUE", "False"]], ids=str)
def test_treated_is_read(values: list[object]) -> None:
    treated, violations = read_treated("treated", pd.Series(values), ["?"])
    assert (treated.tolist(), violations) == ([True, False], [])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(["yes", None, "?"], "a value is missing in 2 rows", id="a gap"),
        pytest.param(["yes", "perhaps"], "neither yes nor no in 1 row (such as 'perhaps')", id="another word"),
    ],
)
def test_other_words_for_treated_are_refused(values: list[object], message: str) -> None:
    _, (violation,) = read_treated("treated", pd.Series(values), ["?"])
    assert message in str(violation)
