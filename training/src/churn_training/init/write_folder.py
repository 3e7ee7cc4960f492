"""The folder that `init` makes: schema.yaml, ensemble.yaml and request.json, read back before anybody is told of it."""

import json
from pathlib import Path

from churn_models.ensemble_spec import load_ensemble
from churn_models.example_request import example_request

from churn_training.errors import NotDecided
from churn_training.init.plan import Plan
from churn_training.init.write_ensemble import ensemble_name, ensemble_text
from churn_training.init.write_schema import schema_text

WRITTEN = ("schema.yaml", "ensemble.yaml", "request.json")


def refuse_existing(folder: Path, force: bool) -> None:
    """Raises NotDecided where something is in the way, unless it may be replaced."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not force:
        raise NotDecided(f"{folder} exists; name another --output, or say --force to replace what init writes there")


def write_folder(folder: Path, plan: Plan, source: str) -> None:
    """Write the three files. Raises SpecError if they cannot be read back."""
    folder.mkdir(parents=True, exist_ok=True)
    name = ensemble_name(folder.resolve().name)
    texts = (
        schema_text(plan, source),
        ensemble_text(name, plan.rows),
        json.dumps(example_request(plan.schema()), indent=2, ensure_ascii=False) + "\n",
    )
    for file, text in zip(WRITTEN, texts, strict=True):
        (folder / file).write_text(text, encoding="utf-8")
    load_ensemble(folder)
