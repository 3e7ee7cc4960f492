"""AutoGluon with its preset for accuracy, in an environment of its own."""

import warnings

import pandas as pd
from autogluon.tabular import TabularPredictor
from bench.lab.fold_task import CORES, TARGET, Fitted, FoldTask, answer, frames


def fit(task: FoldTask) -> Fitted:
    """Bagged, stacked and weighted by itself; its models are held in memory for single rows, as its docs advise."""
    features, target = task.rows()
    predictor = TabularPredictor(TARGET, "binary", "roc_auc", path=str(task.folder / "autogluon"), verbosity=1)
    predictor.fit(
        features.assign(**{TARGET: target}),
        presets="best_quality",
        # Its rehearsal for stacking, a quarter of the time: where that is too short to fit anything, all of it fails
        # unless ray, which it does not need otherwise, runs it in another process.
        dynamic_stacking=False,
        time_limit=task.seconds,
        num_cpus=CORES,
        num_gpus=0,
    )
    predictor.persist()

    def score(rows: pd.DataFrame) -> object:
        return predictor.predict_proba(rows)[1]

    return Fitted(score, frames(score), f"{predictor.model_best} of {len(predictor.model_names())} models")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answer(fit)
