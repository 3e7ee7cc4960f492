"""A first ensemble.yaml: four members that fit most tables, and a gate that stops what learned nothing."""

import re

from churn_models.ensemble_spec import NAME_PATTERN

_LEAVES_OF_A_TREE = 500
_FEWEST_IN_A_LEAF = 10
_LONGEST_NAME = 63


def ensemble_text(name: str, rows: int) -> str:
    """The whole file. A forest's leaves grow with the rows, so that the file of a large table's forest stays small."""
    leaf = max(_FEWEST_IN_A_LEAF, rows // _LEAVES_OF_A_TREE)
    return f"""\
# Made by `init`: a start to change. What every key means: training/ENSEMBLES.md.
name: {name}
combine: mean
# From which P(churn) on the decision is churn; {{maximise: f1}} or, in the same currency,
# {{maximise: profit, value: 100, cost: 10}} has training choose it.
threshold: 0.5
# Only what learned nothing is stopped; raise it to what the model is needed for.
gate: {{min_auc: 0.55}}
members:
  - name: random-forest
    kind: random-forest
    parameters: {{n_estimators: 200, min_samples_leaf: {leaf}, max_features: 0.3}}
  - name: xgboost
    kind: xgboost
    parameters: {{n_estimators: 300, max_depth: 4, learning_rate: 0.05, subsample: 0.8, colsample_bytree: 0.7}}
  - name: lightgbm
    kind: lightgbm
    parameters: {{n_estimators: 300, num_leaves: 15, learning_rate: 0.05, min_child_samples: 30}}
  - name: logistic-regression
    kind: logistic-regression
    parameters: {{max_iter: 1000}}
"""


def ensemble_name(folder: str) -> str:
    """A registered model's name from a folder's: `My Bank_2` is my-bank-2; `churn` where nothing is left."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower())[:_LONGEST_NAME].strip("-")
    return name if re.fullmatch(NAME_PATTERN, name) else "churn"
