"""One contender on one fold, in a process of its own on two cores."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
from bench.lab.contender import Contender
from bench.lab.fold_results import FoldKey, FoldResult
from bench.lab.fold_task import CORES, TARGET
from bench.lab.folds import FoldFiles
from bench.rig import peer_environment
from sklearn.metrics import roc_auc_score

_SPARE_SECONDS = 300
"""Beyond twice the budget, for imports and single rows: who takes longer hangs."""


class FoldFailed(Exception):
    """A contender gave no scores; its log says why."""


def run_fold(key: FoldKey, files: FoldFiles, folder: Path) -> FoldResult:
    """Everybody is judged here, by the same function. Raises FoldFailed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (folder / "log").open("w", encoding="utf-8") as log:
        _run(key, files, folder, log.fileno())
    found = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    scores = np.load(folder / "scores.npy", allow_pickle=False)
    auc = float(roc_auc_score(pd.read_csv(files.test)[TARGET], scores))
    # AutoGluon's models of all folds would fill the disk.
    shutil.rmtree(folder / "autogluon", ignore_errors=True)
    return FoldResult(key, auc, found["fit_seconds"], found["row_us"], found["told"])


def _run(key: FoldKey, files: FoldFiles, folder: Path, log: int) -> None:
    contender: Contender = key.contender
    asked = (*files, key.budget_seconds, folder)
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:CORES]))
    command = ["taskset", "-c", cores, str(contender.environment.python), "-m", contender.module, *map(str, asked)]
    limit = 2 * key.budget_seconds + _SPARE_SECONDS
    environment = {**peer_environment(), "MLFLOW_DISABLE_TELEMETRY": "true"}
    try:
        subprocess.run(command, check=True, stdout=log, stderr=log, env=environment, timeout=limit)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise FoldFailed(f"{contender} on fold {key.fold} of {key.data_set}: {error}; see {folder / 'log'}") from error
