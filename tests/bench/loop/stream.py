"""A stream: labelled rows in order of time, of which the first part trains the first model. STREAMS.md is its format.

`__main__` reads the streams; everything else here replays them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from churn_models.encoding import encode
from churn_models.feature_schema import FeatureSchema, Target
from churn_models.frozen_model import YamlModel
from churn_training.time_column import as_numbers, read_times
from churn_training.training_data import TrainingData
from numpy.typing import NDArray
from pydantic import Field, model_validator

ROWS = 1_000
"""Of a window."""
_SHIPPED = Path(__file__).with_name("streams")
_IDENTITY, _TIME = "id", "time"
_DATA_FOLDERS = ("../shared/data", "data")


class StreamSpec(YamlModel):
    """NAME.yaml: what NAME.parquet does not say by itself."""

    target: Target
    categorical: tuple[str, ...] = ()
    train_until: str | None = None
    """The first model is trained on the rows before this time, or on the first `train_rows`."""
    train_rows: int | None = Field(default=None, gt=0)
    label_delay: str | float = 0.0
    """How long after its time a row's class is known: `30d` (s, m, h, d, w), or a number of rows."""
    history: int = Field(default=20_000, gt=0)
    """So many of the newest rows whose class is known are the data set of a training."""

    @model_validator(mode="before")
    @classmethod
    def _time_is_text(cls, given: Any) -> Any:
        """YAML reads 2013-03-01 as a date."""
        until = given.get("train_until") if isinstance(given, dict) else None
        return given | {"train_until": str(until)} if until is not None else given

    @model_validator(mode="after")
    def _training_ends_once(self) -> Self:
        if (self.train_until is None) == (self.train_rows is None):
            raise ValueError("either train_until or train_rows")
        return self


@dataclass(frozen=True)
class Window:
    """Rows `[first, end)` of the stream's table."""

    number: int
    first: int
    end: int

    @property
    def rows(self) -> slice:
        """Of the table's columns."""
        return slice(self.first, self.end)


@dataclass(frozen=True)
class Stream:
    """`data` are all rows in order of time; `unseen` `[rows, features]`: the first training did not know the category.

    Where labels come so many rows late, the times of `data` are row numbers, else seconds since 1970.
    """

    name: str
    data: TrainingData
    unseen: NDArray[np.bool_]
    times: "pd.Series[pd.Timestamp]"
    begins: int
    history: int

    @property
    def delay_seconds(self) -> float:
        """Until a class is known, nearly, where it is so many rows."""
        delay = self.data.schema.delay
        if isinstance(self.data.schema.label_delay, str):
            return delay
        return float((self.times.iloc[int(delay)] - self.times.iloc[0]).total_seconds())

    def moment(self, row: int) -> str:
        """When the row came, as Kubernetes writes times."""
        return self.times.iloc[min(row, len(self.times) - 1)].strftime("%Y-%m-%dT%H:%M:%SZ")

    def windows(self) -> Iterator[Window]:
        """The whole ones, one after the other."""
        for number, first in enumerate(range(self.begins, len(self.data.target) - ROWS + 1, ROWS)):
            yield Window(number, first, first + ROWS)

    def known_at(self, end: int) -> slice:
        """The data set of a training after row `end`: the newest rows with a class, and those that wait for theirs."""
        times = self.data.times
        assert times is not None
        known = int(np.searchsorted(times[:end], times[end - 1] - self.data.schema.delay, side="right"))
        return slice(max(0, known - self.history), end)


def read_streams(folder: Path | None) -> list[Stream]:
    """Every stream of the folder, or the shipped ones whose data are on this machine."""
    if folder is not None:
        return [read_stream(path, folder / f"{path.stem}.parquet") for path in sorted(folder.glob("*.yaml"))]
    data = [os.environ["CHURN_DATA_DIR"]] if "CHURN_DATA_DIR" in os.environ else _DATA_FOLDERS
    found = ((path, Path(one) / "streams" / f"{path.stem}.parquet") for path in _SHIPPED.glob("*.yaml") for one in data)
    return [read_stream(spec, table) for spec, table in sorted(found) if table.is_file()]


def read_stream(spec: Path, table: Path) -> Stream:
    """One stream. Raises SpecError, OSError, KeyError for a column that is not there."""
    return stream_of(spec.stem, StreamSpec.from_yaml(spec), pd.read_parquet(table))


def stream_of(name: str, spec: StreamSpec, frame: pd.DataFrame) -> Stream:
    """The stream that a table in order of time holds."""
    frame = frame.copy()
    frame[list(spec.categorical)] = frame[list(spec.categorical)].astype("string").astype(object)
    moments = pd.to_datetime(frame[_TIME], utc=True, format="ISO8601")
    begins = spec.train_rows or int((moments < pd.Timestamp(spec.train_until or 0, tz="UTC")).sum())
    in_rows = not isinstance(spec.label_delay, str)
    if in_rows:
        frame[_TIME] = np.arange(len(frame), dtype=np.float64)
    schema = _schema(spec, frame, begins)
    matrix = encode(schema, {name: frame[name].to_numpy() for name in schema.names}).matrix
    times, _ = read_times(schema, _TIME, frame[_TIME])
    data = TrainingData(
        schema=schema,
        matrix=matrix,
        target=(frame[spec.target.name] == spec.target.positive[0]).to_numpy(np.int64),
        keys=np.arange(len(frame), dtype=np.uint64),
        times=as_numbers(times),
    )
    unseen = np.column_stack([frame[name].notna() & (name in spec.categorical) for name in schema.names])
    return Stream(name, data, unseen & np.isnan(matrix), moments, begins, spec.history)


def _schema(spec: StreamSpec, frame: pd.DataFrame, begins: int) -> FeatureSchema:
    """The features in the table's order; a category is what the first training part has."""
    around = {_IDENTITY, _TIME, spec.target.name}
    features: list[dict[str, object]] = []
    for name in (str(column) for column in frame.columns if column not in around):
        if name in spec.categorical:
            words = sorted(frame[name].iloc[:begins].dropna().unique())
            features.append({"kind": "categorical", "name": name, "nullable": True, "categories": words})
        else:
            features.append({"kind": "numeric", "name": name, "nullable": True})
    return FeatureSchema.model_validate(
        {
            "features": features,
            "target": spec.target,
            "identity": _IDENTITY,
            "time": _TIME,
            "label_delay": spec.label_delay,
        }
    )
