"""From a data set to a folder that `train` takes: read ▸ profile ▸ guess ▸ write. The command line calls it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from churn_models.errors import DataInvalid
from churn_models.spelling import text_of
from churn_models.tables.open_source import dataset_name, shown
from churn_models.violation import Violation
from numpy.typing import NDArray

from churn_training.init.guess_identity import guess_identity, guess_time
from churn_training.init.guess_target import TargetGuess, guess_target
from churn_training.init.plan import Plan
from churn_training.init.profile import profile_table
from churn_training.init.report import report_lines
from churn_training.init.separation import measure_separation
from churn_training.init.write_folder import WRITTEN, refuse_existing, write_folder
from churn_training.load import load
from churn_training.progress import say
from churn_training.validate import FEWEST_OF_A_CLASS

_FEWEST_ROWS = 2 * FEWEST_OF_A_CLASS


@dataclass(frozen=True)
class Said:
    """What a person has said; None is left to the guesses."""

    target: str | None = None
    identity: str | None = None
    time: str | None = None


def init_ensemble(source: str, said: Said, folder: Path, force: bool) -> None:
    """Make the folder, and tell every guess and what to do next.

    Raises NotDecided for what a person has to say, DataUnreadable or DataInvalid for the data set.
    """
    refuse_existing(folder, force)
    frame = load(source)
    say(f"init {shown(source)}: {len(frame)} rows, {len(frame.columns)} columns")
    plan = plan_ensemble(frame, said)
    for line in report_lines(plan):
        say(line)
    write_folder(folder, plan, dataset_name(source))
    say(f"wrote {', '.join(WRITTEN)} to {folder}: look at the comments of schema.yaml, then")
    say(f"  python -m churn_training check --ensemble {folder} {shown(source)}")
    say(f"  python -m churn_training train --ensemble {folder} --dataset {shown(source)}")


def plan_ensemble(frame: pd.DataFrame, said: Said) -> Plan:
    """Guess everything that was not said. Raises NotDecided, or DataInvalid for a table of too few rows."""
    if len(frame) < _FEWEST_ROWS:
        needed = f"init and training need {_FEWEST_ROWS}, {FEWEST_OF_A_CLASS} of each class"
        raise DataInvalid([Violation("data set", f"only {len(frame)} rows; {needed}" if len(frame) else "no rows")])
    profile = profile_table(frame)
    target = guess_target(profile, said.target)
    identity = guess_identity(profile, target.name, said.identity)
    time = guess_time(profile, {target.name, identity.name or ""}, said.time)
    known, churned = _classes(frame, target)
    separation = measure_separation(frame.loc[known], profile, churned[known])
    return Plan.make(profile, target, identity, time, separation)


def _classes(frame: pd.DataFrame, target: TargetGuess) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are of one of the two classes, and which of them churned."""
    words = frame[target.name].map(text_of)
    churned = words.isin(target.positive).to_numpy(dtype=bool)
    return churned | words.isin(target.negative).to_numpy(dtype=bool), churned
