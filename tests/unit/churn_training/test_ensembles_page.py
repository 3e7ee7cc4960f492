"""training/ENSEMBLES.md names every key of schema.yaml and ensemble.yaml, and no other."""

import re
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
import yaml
from churn_models.combine import CombineRule
from churn_models.derived_feature import DerivedFeature
from churn_models.ensemble_spec import EnsembleSpec, Gate, Maximise, MemberSpec, RowShare, Threshold
from churn_models.feature_schema import CategoricalFeature, CsvForm, FeatureSchema, Target
from churn_models.member_kind import MemberKind
from churn_models.numeric_feature import NumericFeature, Range
from churn_models.search_space import SearchSpec, Span
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature
from pydantic import BaseModel
from pydantic.fields import FieldInfo

PAGE = Path("training/ENSEMBLES.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^##+ ([^\n]+)\n(.*?)(?=^##+ |\Z)", PAGE, re.DOTALL | re.MULTILINE))
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("schema.yaml", FeatureSchema),
        ("A numeric feature", NumericFeature),
        ("A categorical feature", CategoricalFeature),
        ("A feature of the stream", StreamFeature),
        ("allowed", Range),
        ("target", Target),
        ("csv", CsvForm),
        ("ensemble.yaml", EnsembleSpec),
        ("threshold", Threshold),
        ("A member", MemberSpec),
        ("rows", RowShare),
        ("gate", Gate),
        ("search", SearchSpec),
        ("A span", Span),
    ],
)
def test_every_key_has_a_row_with_meaning_and_default(section: str, model: type[BaseModel]) -> None:
    rows, fields = _rows(section), _fields(model)
    assert set(rows) == set(fields)
    for key, (meaning, default) in rows.items():
        assert meaning
        required = fields[key].is_required() or key == "kind"
        assert (default == "needed") == required, key


def test_every_key_and_every_step_of_derived_features_is_there() -> None:
    rows, steps = _rows("A derived feature"), get_args(get_args(DerivedFeature)[0])
    assert set(rows) == {key for step in steps for key in _fields(step)}
    assert [step for step in steps if f"`{step.model_fields['step'].default}`" not in rows["step"][0]] == []
    for key, (_, default) in rows.items():
        having = [step for step in steps if key in _fields(step)]
        required = all(_fields(step)[key].is_required() or key in ("kind", "step") for step in having)
        everywhere = "needed" if len(having) == len(steps) else "needed there"
        assert default == (everywhere if required else "none"), key


def _rows(section: str) -> dict[str, tuple[str, str]]:
    return {key: (meaning.strip(), default.strip()) for key, meaning, default in ROW.findall(SECTIONS[section])}


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """As documents call them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


@pytest.mark.parametrize("words", [MemberKind, CombineRule, Maximise, Aggregate])
def test_every_word_that_a_key_may_have_is_named(words: type[StrEnum]) -> None:
    assert [word for word in words if f"`{word}`" not in PAGE] == []


@pytest.mark.parametrize(("section", "model"), [("schema.yaml", FeatureSchema), ("ensemble.yaml", EnsembleSpec)])
def test_the_examples_are_valid(section: str, model: type[BaseModel]) -> None:
    example = re.search(r"```yaml\n(.*?)```", SECTIONS[section], re.DOTALL)
    assert example
    model.model_validate(yaml.safe_load(example[1]))
