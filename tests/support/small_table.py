"""Members of a club as a schema and as rows, small enough to be written in every form that people have."""

from pathlib import Path

import pandas as pd
import yaml
from churn_models.feature_schema import FeatureSchema

SCHEMA = {
    "identity": "member",
    "target": {"name": "left", "positive": "yes", "negative": "no"},
    "features": [
        {"kind": "categorical", "name": "plan", "categories": ["Básico", "Plus"], "nullable": True},
        {"kind": "categorical", "name": "autopay", "categories": ["False", "True"], "nullable": True},
        {"kind": "categorical", "name": "branch", "categories": ["1", "2"]},
        {"kind": "numeric", "name": "months", "nullable": True},
        {"kind": "numeric", "name": "fee"},
    ],
}


def small_schema(**changes: object) -> FeatureSchema:
    """The schema with some of its keys changed."""
    return FeatureSchema.model_validate({**SCHEMA, **changes})


def members(rows: int = 100) -> pd.DataFrame:
    """Text cells as a CSV file holds them; a gap in `months` and in `plan`."""
    numbers = range(rows)
    return pd.DataFrame(
        {
            "member": [f"{number:04d}" for number in numbers],
            "plan": ["" if number == 3 else ("Básico", "Plus")[number % 2] for number in numbers],
            "autopay": [("False", "True")[number % 3 == 0] for number in numbers],
            "branch": [("1", "2")[number % 5 == 0] for number in numbers],
            "months": ["" if number == 3 else str(number % 40) for number in numbers],
            "fee": [f"{number % 7}.50" for number in numbers],
            "left": [("no", "yes")[number % 4 == 0] for number in numbers],
        }
    )


def write_small_ensemble(folder: Path, **changes: object) -> Path:
    """An ensemble of one member for these members, as a person writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    member = {"name": "forest", "kind": "random-forest", "parameters": {"n_estimators": 5}}
    spec = {"name": "club", "combine": "mean", "holdout": 0.3, "members": [member]}
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    (folder / "schema.yaml").write_text(yaml.safe_dump({**SCHEMA, **changes}, allow_unicode=True))
    return folder
