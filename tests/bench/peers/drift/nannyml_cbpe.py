"""NannyML's CBPE with its defaults: an alarm is an estimated AUC outside of what chunks of the reference have."""

import os
from importlib import import_module
from typing import Any

import pandas as pd
from asked import Rows, answer

_ROWS = 1_000


def fit(reference: Rows) -> Any:
    """On rows with classes that the model was not fitted on."""
    estimator = _nannyml().CBPE(
        metrics=["roc_auc"],
        y_pred_proba="score",
        y_pred="decision",
        y_true="target",
        problem_type="classification_binary",
        chunk_size=_ROWS,
    )
    return estimator.fit(_frame(reference))


def alarms(estimator: Any, window: Rows) -> bool:
    """Its own verdict on the window."""
    found = estimator.estimate(_frame(window).drop(columns="target")).filter(period="analysis").to_df()
    return bool(found[("roc_auc", "alert")].iloc[-1])


def _nannyml() -> Any:
    """Without telling its makers, and without the AutoML of its domain classifier: half a gigabyte of XGBoost less."""
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    vars(import_module("flaml")).setdefault("AutoML", None)
    return import_module("nannyml")


def _frame(rows: Rows) -> Any:
    return pd.DataFrame({"score": rows.scores, "decision": (rows.scores >= 0.5).astype(int), "target": rows.target})


if __name__ == "__main__":
    answer(fit, alarms)
