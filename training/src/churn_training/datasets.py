"""Which customers to train on: a named source, else the real data of this machine, else made-up ones."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.load import load
from churn_training.progress import say
from churn_training.synthetic import synthesize

_SYNTHETIC_ROWS = 5000
_DATA_FOLDERS = (Path("../shared/data"), Path("data"))


@dataclass(frozen=True)
class Dataset:
    """Raw rows and the name under which manifest.json remembers them."""

    name: str
    raw: pd.DataFrame


def open_dataset(source: str | None, spec: EnsembleSpec, schema: FeatureSchema) -> Dataset:
    """Load `source`; without one, the ensemble's sample data, or synthetic rows where there are none.

    Raises DataUnreadable.
    """
    if source is not None:
        return Dataset(source.rpartition("/")[2], load(source))
    if path := find_sample_data(spec):
        return Dataset(path.name, load(str(path)))
    looked = ", ".join(str(folder) for folder in _folders())
    say(f"  no real data found (looked for {spec.sample_data} in {looked}): using {_SYNTHETIC_ROWS} synthetic rows")
    return Dataset("synthetic", synthesize(schema, _SYNTHETIC_ROWS, seed=0).raw)


def find_sample_data(spec: EnsembleSpec) -> Path | None:
    """The ensemble's own data file in CHURN_DATA_DIR, else in the first usual folder that has it."""
    if spec.sample_data is None:
        return None
    candidates = [folder / spec.sample_data for folder in _folders()]
    return next((path for path in candidates if path.is_file()), None)


def _folders() -> tuple[Path, ...]:
    chosen = os.environ.get("CHURN_DATA_DIR")
    return (Path(chosen),) if chosen else _DATA_FOLDERS
