"""The three folds that all contenders share, as files: customers who look alike are on one side."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from bench.lab.fold_task import TARGET
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

FOLDS = 3
_SEED = 18


class FoldFiles(NamedTuple):
    """What a contender fits on, and what it is asked to score; both with the target."""

    train: Path
    test: Path


def folds_of(table: pd.DataFrame) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of positions to fit on and to score, the classes as frequent in each.

    Rows with equal features are one customer as far as anybody can tell (iranian_churn has 300 of them): on both sides
    they would reward who learns rows by heart.
    """
    features = table.drop(columns=TARGET)
    alike = pd.util.hash_pandas_object(features, index=False).to_numpy()
    cut = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    yield from cut.split(features, table[TARGET], alike)


def write_folds(table: pd.DataFrame, folder: Path) -> list[FoldFiles]:
    """One folder for each fold."""
    written = []
    for number, (fitted, asked) in enumerate(folds_of(table)):
        files = FoldFiles(*(folder / str(number) / file for file in ("train.csv", "test.csv")))
        files.train.parent.mkdir(parents=True, exist_ok=True)
        table.iloc[fitted].to_csv(files.train, index=False)
        table.iloc[asked].to_csv(files.test, index=False)
        written.append(files)
    return written
