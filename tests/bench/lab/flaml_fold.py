"""FLAML with stacking, in an environment of its own."""

import logging
import warnings

import pandas as pd
from bench.lab.fold_task import CORES, Fitted, FoldTask, answer, frames
from flaml import AutoML


def fit(task: FoldTask) -> Fitted:
    """Its own search over its own learners, then a stack of the best of each."""
    features, target = task.rows()
    found = AutoML()
    found.fit(
        features,
        target,
        task="classification",
        metric="roc_auc",
        time_budget=task.seconds,
        n_jobs=CORES,
        ensemble=True,
        seed=0,
        verbose=0,
        log_file_name=str(task.folder / "flaml.log"),
    )

    def score(rows: pd.DataFrame) -> object:
        return found.predict_proba(rows)[:, 1]

    return Fitted(score, frames(score), f"{type(found.model).__name__}, best alone {found.best_estimator}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    answer(fit)
