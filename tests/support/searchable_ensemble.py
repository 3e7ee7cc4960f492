"""An ensemble of a few small trees for tests that search."""

import shutil
from pathlib import Path

import yaml
from churn_models.ensemble_spec import EnsembleSpec

KINDS = ("logistic-regression", "xgboost", "lightgbm")
_FEW_TREES = {"low": 5, "high": 15}
_FEWER_TREES = {"n_estimators": {"low": 2, "high": 5}}
SHALLOW_AND_DEEP = EnsembleSpec.model_validate(
    {
        "name": "small",
        "combine": "mean",
        "members": [
            {"name": "shallow", "kind": "xgboost", "parameters": {"n_estimators": 3, "max_depth": 1}},
            {"name": "deep", "kind": "xgboost", "parameters": {"n_estimators": 3, "max_depth": 4}},
        ],
        "search": {"members": {"shallow": _FEWER_TREES, "deep": _FEWER_TREES}},
    }
)
"""Two members whose fits take milliseconds."""


def searchable_ensemble(spec: EnsembleSpec, folder: Path) -> Path:
    """The folder with the members of these three kinds, and telco's schema."""
    folder.mkdir()
    shutil.copy("models/telco/schema.yaml", folder)
    written = spec.model_dump(mode="json", exclude_unset=True)
    written["members"] = [member for member in written["members"] if member["kind"] in KINDS]
    written["search"] = {"members": {kind: {"n_estimators": _FEW_TREES} for kind in KINDS[1:]}}
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    return folder
