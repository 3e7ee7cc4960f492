"""What validation refuses, each with its one message, and what it makes of good rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.validate import validate

Change = Callable[[pd.DataFrame], object]


def _assign(column: str, rows: slice, value: Any) -> Change:
    def change(frame: pd.DataFrame) -> None:
        frame[column] = frame[column].astype(object)
        frame.loc[frame.index[rows], column] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda f: f.drop(f.index, inplace=True), "data set: no rows", id="empty"),
        pytest.param(lambda f: f.pop("Churn"), "Churn: the column is missing", id="no target"),
        pytest.param(lambda f: f.pop("tenure"), "tenure: the column is missing", id="no feature"),
        pytest.param(_assign("Churn", slice(None), "No"), "Churn: only one class", id="one class only"),
        pytest.param(_assign("Churn", slice(30, None), "No"), "Churn: too few rows of a class", id="hardly a class"),
        pytest.param(_assign("Churn", slice(0, 2), None), "Churn: a value is missing in 2 rows", id="missing target"),
        pytest.param(_assign("Churn", slice(0, 2), "maybe"), "Churn: not one of Yes, No in 2 rows", id="odd target"),
        pytest.param(
            _assign("Contract", slice(0, 80), "Weekly"),
            "Contract: not one of .* in 80 rows .*'Weekly'",
            id="categories",
        ),
        pytest.param(
            _assign("Contract", slice(0, 1), " "),
            r"Contract: a value is missing in 1 row \(row 1 \(customerID",
            id="a gap",
        ),
        pytest.param(_assign("customerID", slice(0, 3), "x"), "customerID: a value comes twice", id="duplicate ids"),
        pytest.param(_assign("tenure", slice(0, 9), "long"), "tenure: not a number in 9 rows .*'long'", id="strings"),
        pytest.param(_assign("tenure", slice(0, 1), -1), "tenure: outside 0 to 1200 in 1 row .*-1", id="range"),
        pytest.param(_assign("tenure", slice(0, 1), float("inf")), "tenure: infinite", id="infinite"),
        pytest.param(_assign("MonthlyCharges", slice(0, 1), ""), "MonthlyCharges: a value is missing", id="blank"),
    ],
)
def test_refusals(telco_schema: FeatureSchema, dataset: Dataset, change: Change, message: str) -> None:
    frame = dataset.raw.copy()
    change(frame)
    with pytest.raises(DataInvalid, match=r"(?m)" + message):
        validate(telco_schema, frame)


def test_all_violations_are_reported_at_once(telco_schema: FeatureSchema, dataset: Dataset) -> None:
    frame = dataset.raw.drop(columns="gender")
    _assign("tenure", slice(0, 2), "long")(frame)
    _assign("Churn", slice(None), "No")(frame)
    with pytest.raises(DataInvalid) as refused:
        validate(telco_schema, frame)
    assert {violation.column for violation in refused.value.violations} == {"gender", "tenure", "Churn"}


def test_the_table_is_the_same_for_any_order_spelling_and_extra_columns(
    telco_schema: FeatureSchema, dataset: Dataset
) -> None:
    as_text = dataset.raw.astype(object).where(dataset.raw.notna(), " ").astype(str)
    shuffled = as_text.sample(frac=1, random_state=3).assign(note="not a feature")
    pd.testing.assert_frame_equal(validate(telco_schema, dataset.raw), validate(telco_schema, shuffled))


def test_blank_becomes_nan_where_it_may(telco_schema: FeatureSchema, dataset: Dataset) -> None:
    frame = dataset.raw.copy()
    _assign("TotalCharges", slice(0, 4), " ")(frame)
    typed = validate(telco_schema, frame)
    assert np.isnan(typed["TotalCharges"]).sum() >= 4
    assert typed["TotalCharges"].dtype == np.float64
