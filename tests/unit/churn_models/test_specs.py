"""schema.yaml and ensemble.yaml: the shipped ones load, each kind of mistake is named."""

from pathlib import Path

import pytest
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.errors import SpecError
from churn_models.feature_schema import FeatureSchema

TARGET = 'target: {name: churn, positive: "yes", negative: "no"}\n'
MEMBERS = "members: [{name: a, kind: xgboost}]\n"


@pytest.mark.parametrize("folder", ["telco", "churn"])
def test_shipped_ensembles_load(folder: str) -> None:
    spec, schema = load_ensemble(Path("models") / folder)
    assert spec.name == folder
    assert len(schema.features) == 19


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(TARGET + "features: []", "at least 1", id="no features"),
        pytest.param("features: [{kind: numeric, name: a}]", "target: the key is missing", id="no target"),
        pytest.param(TARGET + "features: [{kind: number, name: a}]", "numeric", id="unknown kind"),
        pytest.param(TARGET + "features: [{kind: numeric, name: a, nulable: true}]", "nulable", id="typing error"),
        pytest.param(TARGET + "features: [{kind: categorical, name: a, categories: []}]", "at least 1", id="no words"),
        pytest.param(
            TARGET + "features: [{kind: categorical, name: a, categories: [x, x]}]", "twice", id="a word twice"
        ),
        pytest.param(
            TARGET + "features: [{kind: numeric, name: a}, {kind: numeric, name: a}]", "twice", id="a name twice"
        ),
        pytest.param(TARGET + "features: [{kind: numeric, name: churn}]", "twice", id="the target as a feature"),
        pytest.param(
            TARGET + "features: [{kind: numeric, name: a, allowed: {low: 2, high: 1}}]", "above", id="range upside down"
        ),
        pytest.param(TARGET + "features: [{kind: numeric, name: a}]\ntime: a", "twice", id="the time as a feature"),
        pytest.param(TARGET + "features: [{kind: numeric, name: a}]\ntreated: a", "twice", id="treated as a feature"),
        pytest.param(
            TARGET + "features: [{kind: numeric, name: a}]\nlabel_delay: 30d", "needs a time column", id="no time"
        ),
        pytest.param(
            TARGET + "features: [{kind: numeric, name: a}]\ntime: t\nlabel_delay: a month",
            "write a number with s, m, h, d or w, such as 30d",
            id="no duration",
        ),
        pytest.param(
            TARGET + "features: [{kind: numeric, name: a}]\ntime: t\nlabel_delay: -1", "0 or more", id="a delay below 0"
        ),
        pytest.param("target: [", "is not YAML", id="no YAML"),
        pytest.param("", "valid dictionary", id="empty"),
    ],
)
def test_bad_schemas_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "schema.yaml").write_text(text)
    with pytest.raises(SpecError, match=message) as refused:
        FeatureSchema.from_yaml(tmp_path / "schema.yaml")
    assert "schema.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("name: a\ncombine: mean\nmembers: []", "at least 1", id="no members"),
        pytest.param("name: A b\ncombine: mean\n" + MEMBERS, "pattern", id="a name Kubernetes refuses"),
        pytest.param("name: a\ncombine: median\n" + MEMBERS, "combine", id="unknown rule"),
        pytest.param("name: a\ncombine: mean\nmembers: [{name: a, kind: svm}]", "kind", id="unknown learner"),
        pytest.param(
            "name: a\ncombine: weighted\nmembers: [{name: a, kind: xgboost, weight: 0}]",
            "greater than 0",
            id="no weight",
        ),
        pytest.param(
            "name: a\ncombine: mean\nmembers: [{name: a, kind: xgboost, weight: 2}]", "no weights", id="unused weight"
        ),
        pytest.param(
            "name: a\ncombine: mean\nmembers: [{name: a, kind: xgboost}, {name: a, kind: lightgbm}]",
            "same name",
            id="two members of one name",
        ),
        pytest.param("name: a\ncombine: mean\nholdout: 1\n" + MEMBERS, "less than 1", id="everything held out"),
        pytest.param("name: a\ncombine: mean\ngate: {min_auc: 2}\n" + MEMBERS, "less than or equal", id="auc of 2"),
    ],
)
def test_bad_ensembles_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ensemble.yaml").write_text(text)
    with pytest.raises(SpecError, match=message):
        EnsembleSpec.from_yaml(tmp_path / "ensemble.yaml")


UNQUOTED = """target: {name: churned, positive: yes, negative: "no"}
features:
  - {kind: categorical, name: plan, categories: [408, "2"]}
  - {kind: categorical, name: autopay, categories: [no, "yes"]}
  - {kind: numeric, name: months, alowed: {low: 0, high: 1}}
"""


@pytest.mark.case("28-yaml-booleans")
def test_words_that_yaml_reads_as_something_else_are_told_with_value_line_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(UNQUOTED)
    with pytest.raises(SpecError) as refused:
        FeatureSchema.from_yaml(tmp_path / "schema.yaml")
    assert str(refused.value).partition("schema.yaml: ")[2].split("; ") == [
        "features: plan: categories: YAML reads 408 as a number",
        'write "408" (line 3)',
        "features: autopay: categories: YAML reads no as a truth value",
        'write "no" (line 4)',
        "features: months: alowed: no such key",
        "look for a typing error (line 5)",
        "target: positive: YAML reads yes as a truth value",
        'write "yes" (line 1)',
    ]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a folder"):
        load_ensemble(tmp_path / "nothing")
