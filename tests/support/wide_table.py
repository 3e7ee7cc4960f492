"""A table of telco's width with as many customers as wanted, and an ensemble for it."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

_WORDS, _NUMBERS = 12, 7
_CATEGORIES = ["No", "Yes", "No internet service"]


def wide_customers(rows: int) -> pd.DataFrame:
    """20 columns and the target."""
    generator = np.random.default_rng(1)
    columns: dict[str, object] = {"id": [f"{number:07d}-X" for number in range(rows)]}
    for number in range(_WORDS):
        columns[f"word{number}"] = generator.choice(_CATEGORIES, rows)
    for number in range(_NUMBERS):
        columns[f"number{number}"] = generator.gamma(2, 30, rows).round(2)
    frame = pd.DataFrame(columns)
    odds = 2 - frame["number0"] / 60 + (frame["word0"] == "Yes")
    frame["churned"] = np.where(generator.random(rows) < 1 / (1 + np.exp(odds)), "yes", "no")
    return frame


def write_wide_ensemble(folder: Path) -> str:
    """Two quick members; gives the folder's name as a command line takes it."""
    folder.mkdir()
    words = [{"kind": "categorical", "name": f"word{n}", "categories": _CATEGORIES} for n in range(_WORDS)]
    numbers = [{"kind": "numeric", "name": f"number{n}"} for n in range(_NUMBERS)]
    target = {"name": "churned", "positive": "yes", "negative": "no"}
    schema = {"identity": "id", "target": target, "features": [*words, *numbers]}
    members = [
        {"name": "logistic-regression", "kind": "logistic-regression", "parameters": {"max_iter": 200}},
        {"name": "lightgbm", "kind": "lightgbm", "parameters": {"n_estimators": 50, "num_leaves": 15}},
    ]
    spec = {"name": "wide", "combine": "mean", "holdout": 0.25, "members": members}
    (folder / "schema.yaml").write_text(yaml.safe_dump(schema))
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    return str(folder)
