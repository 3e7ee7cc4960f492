"""An ensemble of a few small trees for tests that search."""

import shutil
from pathlib import Path

import yaml
from churn_models.ensemble_spec import EnsembleSpec

KINDS = ("logistic-regression", "xgboost", "lightgbm")
_FEW_TREES = {"low": 5, "high": 15}


def searchable_ensemble(spec: EnsembleSpec, folder: Path) -> Path:
    """The folder with the members of these three kinds, and telco's schema."""
    folder.mkdir()
    shutil.copy("models/telco/schema.yaml", folder)
    written = spec.model_dump(mode="json", exclude_unset=True)
    written["members"] = [member for member in written["members"] if member["kind"] in KINDS]
    written["search"] = {"members": {kind: {"n_estimators": _FEW_TREES} for kind in KINDS[1:]}}
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    return folder
