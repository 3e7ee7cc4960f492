"""Evidently's DataDriftPreset with its defaults: an alarm is a drifted data set, half of the columns or more."""

from typing import Any

import pandas as pd
from asked import Rows, answer
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

_SHARE = 0.5


def fit(reference: Rows) -> Any:
    """It fits nothing: the rows are kept."""
    return _dataset(reference)


def alarms(reference: Any, window: Rows) -> bool:
    """Whether its share of drifted columns reaches its own bound."""
    found = Report([DataDriftPreset(drift_share=_SHARE)]).run(_dataset(window), reference).dict()
    drifted = next(one["value"] for one in found["metrics"] if "DriftedColumnsCount" in str(one))
    return float(drifted["share"]) >= _SHARE


def _dataset(rows: Rows) -> Any:
    frame = pd.DataFrame(rows.rows, columns=[str(number) for number in range(rows.rows.shape[1])])
    words = [str(position) for position in rows.categorical]
    frame[words] = frame[words].astype("int64").astype(str)
    numbers = [name for name in frame if name not in words]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=words)
    return Dataset.from_pandas(frame, data_definition=definition)


if __name__ == "__main__":
    answer(fit, alarms)
