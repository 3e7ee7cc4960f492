"""The shipped OpenAPI description names what this server has, and its examples are requests that the schema knows."""

import pytest
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_runtimes.openapi import Document, Served, dataplane_document
from churn_runtimes.v2.contributions import Explained, explained_parts

SCHEMA = FeatureSchema(
    features=(NumericFeature(name="charges"), CategoricalFeature(name="plan", categories=("basic", "full"))),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)


def _document(version: str | None) -> Document:
    parts = explained_parts(["xgboost"])
    return dataplane_document(Served(["small", "small-xgboost"], version, SCHEMA, ["churn_probability"], parts))


@pytest.mark.parametrize(
    ("explained", "examples"),
    [
        (explained_parts(["xgboost"]), ["columns", "matrix", "outputs", "reasons", "contributions"]),
        ([], ["columns", "matrix", "outputs"]),
    ],
)
def test_reasons_are_examples_where_there_are_any(explained: list[Explained], examples: list[str]) -> None:
    document = dataplane_document(Served(["small"], None, SCHEMA, ["churn_probability"], explained))
    content = document["paths"]["/v2/models/{model}/infer"]["post"]["requestBody"]["content"]
    assert list(content["application/json"]["examples"]) == examples


def test_it_names_the_models_and_the_version() -> None:
    parameters = _document("7")["components"]["parameters"]
    assert parameters["Model"]["schema"]["enum"] == ["small", "small-xgboost"]
    assert parameters["Version"]["schema"]["enum"] == ["7"]


@pytest.mark.parametrize(("version", "paths"), [("7", 14), (None, 11)])
def test_paths_with_a_version_exist_only_where_there_is_one(version: str | None, paths: int) -> None:
    assert len(_document(version)["paths"]) == paths


def test_every_infer_path_has_both_forms_as_examples() -> None:
    for path, operations in _document("7")["paths"].items():
        if path.endswith("/infer"):
            examples = operations["post"]["requestBody"]["content"]["application/json"]["examples"]
            columns = examples["columns"]["value"]["inputs"]
            assert [(tensor["name"], tensor["datatype"], tensor["data"]) for tensor in columns] == [
                ("charges", "FP64", [0.0]),
                ("plan", "BYTES", ["basic"]),
            ]
            assert examples["matrix"]["value"]["inputs"][0]["shape"] == [1, 2]


def test_operations_have_names_of_their_own() -> None:
    operations = [
        it["operationId"] for path in _document("7")["paths"].values() for it in path.values() if isinstance(it, dict)
    ]
    assert len(set(operations)) == len(operations) == 14
