"""Four real tables go the way from a file to an answered request with no edit: figures `own_data_*`.

`make bench-training FIGURE=own_data`. CHURN_DATA_DIR or ../shared/data has the files.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from churn_training.datasets import data_folders
from support.figures import Figure, record, table
from support.local_stack import LocalStack
from support.own_data import OwnData, walk

_SCRATCH = Path("build/bench-training/own-data")
_EDITS: dict[str, int] = {}
"""What had to be changed in the files that init wrote, by table; none is."""

_GIVE_AWAYS = 2
"""Columns of bank_churners that are another model's scores."""


def measure() -> None:
    """Walk with every table that is there, and record the figures."""
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    walked: dict[str, OwnData] = {}
    with LocalStack(_SCRATCH.resolve()) as stack:
        stack.start_mlflow()
        stack.wait_for_mlflow()
        for name, prepare in _TABLES.items():
            print(f"== {name}", flush=True)
            walked[name] = walk(stack, prepare(_SCRATCH.resolve()))
    print(table(record_figures(walked)))


def record_figures(walked: dict[str, OwnData]) -> list[Figure]:
    """How many tables came through, and the worst of their edits and minutes."""
    said = walked["bank_churners"].said_by_init
    named = sum("Naive_Bayes" in line and "gives the target away" in line for line in said.splitlines())
    return [
        record("own_data_tables", sum(0 <= one.probability <= 1 for one in walked.values()), "tables", ">= 4"),
        record("own_data_edits", max((_EDITS.get(name, 0) for name in walked), default=0), "edits", "<= 2"),
        record("own_data_minutes", max(one.seconds for one in walked.values()) / 60, "min", "<= 10"),
        record("own_data_give_aways_named", named, "columns", f">= {_GIVE_AWAYS}"),
    ]


def _copy(file: str) -> Callable[[Path], Path]:
    return lambda folder: Path(shutil.copy(_find(file), folder / file))


def _flights(folder: Path) -> Path:
    """January and February; what follows is the stream that other figures are measured on."""
    rows = pd.read_parquet(_find("streams/flights.parquet"))
    return _write(rows[rows["time"] < "2013-03-01"], folder / "flights.parquet")


def _carloan(folder: Path) -> Path:
    """The reference half; the drift begins after it."""
    return _write(pd.read_parquet(_find("streams/carloan.parquet")).head(50_000), folder / "carloan.parquet")


def _write(rows: pd.DataFrame, path: Path) -> Path:
    rows.to_parquet(path, index=False)
    return path


def _find(file: str) -> Path:
    return next(folder / file for folder in data_folders() if (folder / file).is_file())


_TABLES: dict[str, Callable[[Path], Path]] = {
    "bank_churners": _copy("bank_churners.csv"),
    "iranian_churn": _copy("iranian_churn.csv"),
    "flights": _flights,
    "carloan": _carloan,
}
