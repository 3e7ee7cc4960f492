"""What every contender's process does: fit on one fold within the budget, score its other rows, answer single rows.

It runs in the peers' environments too, so it takes nothing but numpy and pandas.
python -m bench.lab.CONTENDER TRAIN TEST SECONDS FOLDER writes FOLDER/scores.npy and FOLDER/answer.json.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

TARGET = "churned"
"""1 for who left, 0 for who stayed."""
CORES = 2

_SINGLES = 20
_WARM = 3
_ROW_SECONDS = 2.0
"""For single rows, whoever takes how long."""


@dataclass(frozen=True)
class FoldTask:
    """`seconds` are for everything from the file to a model that answers; imports are before."""

    train: Path
    seconds: float
    folder: Path
    """For what a contender writes."""

    def rows(self) -> "tuple[pd.DataFrame, pd.Series[int]]":
        """Features and target to fit on."""
        table = pd.read_csv(self.train)
        return table.drop(columns=TARGET), table[TARGET]


Score = Callable[[pd.DataFrame], Any]
"""P(churn) `[rows]` of features."""


class Fitted(NamedTuple):
    """`ask_one` makes of one row what a server would hold of it, and gives back the call that scores it."""

    score: Score
    ask_one: Callable[[pd.DataFrame], Callable[[], object]]
    told: str
    """What it was that won, for the report."""


def frames(score: Score) -> Callable[[pd.DataFrame], Callable[[], object]]:
    """For libraries that are asked by a frame of one row."""
    return lambda row: lambda: score(row)


def answer(fit: Callable[[FoldTask], Fitted]) -> None:
    """Do what the command line asks."""
    train, test, seconds, folder = sys.argv[1:]
    task = FoldTask(Path(train), float(seconds), Path(folder))
    begun = time.monotonic()
    fitted = fit(task)
    took = time.monotonic() - begun
    asked = pd.read_csv(test).drop(columns=TARGET)
    np.save(task.folder / "scores.npy", np.asarray(fitted.score(asked), dtype=np.float64), allow_pickle=False)
    found = {"fit_seconds": took, "row_us": _row_us(fitted, asked), "told": fitted.told}
    (task.folder / "answer.json").write_text(json.dumps(found), encoding="utf-8")


def _row_us(fitted: Fitted, asked: pd.DataFrame) -> float:
    """The median of calls with one row each, after the first few."""
    calls = [fitted.ask_one(asked.iloc[[place]].reset_index(drop=True)) for place in range(_SINGLES)]
    for call in calls[:_WARM]:
        call()
    taken, ends = [], time.perf_counter() + _ROW_SECONDS
    while time.perf_counter() < ends:
        for call in calls:
            begun = time.perf_counter()
            call()
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1e6
