"""Which customers to train on: a named source, else the real data of this machine; made-up ones only on request."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import DataUnreadable
from churn_models.feature_schema import FeatureSchema
from churn_models.tables.open_source import dataset_name

from churn_training.event_features import with_event_features
from churn_training.load import load
from churn_training.progress import step

SYNTHETIC = "synthetic"
"""The name of made-up data sets in manifest.json."""

_SYNTHETIC_ROWS = 5000
_DATA_FOLDERS = (Path("../shared/data"), Path("data"))


@dataclass(frozen=True)
class Dataset:
    """Raw rows and the name under which manifest.json remembers them."""

    name: str
    raw: pd.DataFrame


def open_dataset(source: str | None, spec: EnsembleSpec, schema: FeatureSchema, events: str | None = None) -> Dataset:
    """Load `source`; without one, the ensemble's sample data. From `events` come the features of the stream.

    Raises DataUnreadable where there is neither source nor sample data; DataInvalid and SpecError by events.
    """
    if source is None:
        source = str(_sample_data(spec))
    name = dataset_name(source)
    with step(f"read {name}"):
        raw = load(source, schema.csv)
    return Dataset(name, with_event_features(schema, raw, events) if events else raw)


def made_up_dataset(schema: FeatureSchema) -> Dataset:
    """Customers made up to fit the schema, the same ones every time."""
    from churn_training.synthetic import synthesize  # noqa: PLC0415  # it loads scikit-learn; `check` needs none

    return Dataset(SYNTHETIC, synthesize(schema, _SYNTHETIC_ROWS, seed=0).raw)


def find_sample_data(spec: EnsembleSpec) -> Path | None:
    """The ensemble's own data file in CHURN_DATA_DIR, else in the first usual folder that has it."""
    if spec.sample_data is None:
        return None
    candidates = [folder / spec.sample_data for folder in data_folders()]
    return next((path for path in candidates if path.is_file()), None)


def _sample_data(spec: EnsembleSpec) -> Path:
    if path := find_sample_data(spec):
        return path
    looked = (
        f"{spec.sample_data} is not in {', '.join(map(str, data_folders()))}" if spec.sample_data else "none is named"
    )
    raise DataUnreadable(
        f"no data set to train on ({looked}): name one by --dataset or CHURN_DATASET. "
        f"--synthetic makes up {_SYNTHETIC_ROWS} customers to try things with; they are not registered."
    )


def data_folders() -> tuple[Path, ...]:
    """Where sample data may lie."""
    chosen = os.environ.get("CHURN_DATA_DIR")
    return (Path(chosen),) if chosen else _DATA_FOLDERS
