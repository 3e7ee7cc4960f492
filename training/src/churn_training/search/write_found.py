"""What a search has found as an ensemble like one that a person wrote: `train` takes the folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.errors import SearchImpossible

_ENSEMBLE, _SCHEMA = "ensemble.yaml", "schema.yaml"
_MARK = "# Found by `search`"


def check_output(ensemble: Path, output: Path) -> None:
    """Raises SearchImpossible where a file that a person wrote would be replaced."""
    written = output / _ENSEMBLE
    if output.resolve() == ensemble.resolve():
        raise SearchImpossible("--output is the folder of --ensemble, whose files it would replace: name another")
    if output.exists() and not output.is_dir():
        raise SearchImpossible(f"--output {output} is no folder")
    if written.exists() and not written.read_text(encoding="utf-8").startswith(_MARK):
        raise SearchImpossible(f"{written} was not made by search and would be replaced: name another --output")


def write_found(spec: EnsembleSpec, ensemble: Path, output: Path, why: str) -> None:
    """ensemble.yaml, its reason on top, and the same schema.yaml."""
    output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ensemble / _SCHEMA, output / _SCHEMA)
    document = spec.model_dump(mode="json", exclude_unset=True, exclude={"search"})
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110)
    (output / _ENSEMBLE).write_text(f"{_MARK}: {why}\n{text}", encoding="utf-8")


def write_schema(schema: FeatureSchema, output: Path, sentences: Sequence[str]) -> None:
    """In the place of the copy, with the features that were kept, and above it what each is."""
    document = schema.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    # What tells features apart is each one's default, and is left out with the others.
    for feature, declared in zip(document["features"], schema.declared, strict=True):
        feature.update(declared.model_dump(include={"kind", "step"}))
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110)
    lines = "".join(f"# {sentence}.\n" for sentence in sentences)
    (output / _SCHEMA).write_text(f"{_MARK}, which derives features:\n{lines}{text}", encoding="utf-8")
