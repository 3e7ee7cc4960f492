"""What each step makes of customers, in numbers that a person can check; and what a schema cannot ask for."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from churn_models.derive import program_of, with_means
from churn_models.derived_feature import MOST_DERIVED, Difference, Log
from churn_models.encoding import encode
from churn_models.errors import SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.schema_digest import encoding_digest
from pydantic import ValidationError
from support.derived_features import with_derived

NAN = math.nan
SCHEMA: dict[str, Any] = {
    "target": {"name": "churn", "positive": "yes", "negative": "no"},
    "features": [
        {"kind": "numeric", "name": "spent", "nullable": True},
        {"kind": "numeric", "name": "months", "nullable": True},
        {"kind": "categorical", "name": "phone", "categories": ["no", "yes"], "nullable": True},
        {"kind": "categorical", "name": "net", "categories": ["none", "dsl", "fibre"], "nullable": True},
    ],
}
CUSTOMERS: dict[str, list[Any]] = {
    "spent": [100.0, 0.0, -7.5, None, 3e38, 50.0],
    "months": [4, 0, 12, 3, 1e-3, None],
    "phone": ["yes", "no", "yes", None, "pigeon", "yes"],
    "net": ["fibre", "none", "dsl", "dsl", None, "fibre"],
}


def _schema(*derived: dict[str, Any]) -> FeatureSchema:
    features = [*SCHEMA["features"], *({"kind": "derived", **one} for one in derived)]
    return FeatureSchema.model_validate({**SCHEMA, "features": features})


class Case(NamedTuple):
    """A derived feature without its name, and what CUSTOMERS have of it; NaN is missing."""

    derived: dict[str, Any]
    values: list[float]


CASES = {
    "a ratio is missing where the divisor is 0 or missing, or it is too large": Case(
        {"step": "ratio", "of": ["spent", "months"]}, [25, NAN, -0.625, NAN, NAN, NAN]
    ),
    "a difference": Case({"step": "difference", "of": ["months", "spent"]}, [-96, 0, 19.5, NAN, -3e38, NAN]),
    "a logarithm keeps the sign": Case(
        {"step": "log", "of": "spent"}, [math.log(101), 0, -math.log(8.5), NAN, math.log(3e38), math.log(51)]
    ),
    "bins count the edges that are reached": Case(
        {"step": "bins", "of": "months", "edges": [0, 3, 12]}, [2, 1, 3, 2, 1, NAN]
    ),
    "a count leaves out what is missing": Case(
        {"step": "count", "of": ["phone", "net"], "categories": ["yes", "dsl", "fibre"]}, [2, 0, 2, 1, 0, 2]
    ),
    "a count of one word": Case({"step": "count", "of": ["net"], "categories": "none"}, [0, 1, 0, 0, 0, 0]),
    "means of those who have both": Case({"step": "group_mean", "of": "months", "by": "net"}, [4, 0, 7.5, 7.5, NAN, 4]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_values(case: Case) -> None:
    schema = _schema({"name": "it", **case.derived})
    matrix = encode(schema, CUSTOMERS).matrix
    wide = program_of(with_means(schema, matrix)).derive(matrix)
    np.testing.assert_array_equal(wide[:, :4], matrix)
    np.testing.assert_array_equal(wide[:, 4], np.array(case.values, dtype=np.float32))
    assert schema.scored_names == (*schema.names, "it")
    assert (schema.numeric_positions, schema.categorical_positions) == ((0, 1, 4), (2, 3))


def test_a_mean_of_nobody_is_missing() -> None:
    schema = _schema({"step": "group_mean", "name": "it", "of": "spent", "by": "net"})
    known = with_means(schema, encode(schema, {name: values[:1] for name, values in CUSTOMERS.items()}).matrix)
    everybody = encode(schema, CUSTOMERS).matrix
    np.testing.assert_array_equal(program_of(known).derive(everybody)[:, 4], [100, NAN, NAN, NAN, NAN, 100])
    with pytest.raises(ValueError, match="it: its means are not known; training finds them"):
        program_of(schema)


def test_one_may_be_derived_of_another_above_it() -> None:
    schema = _schema(
        {"step": "group_mean", "name": "usual", "of": "spent", "by": "phone"},
        {"step": "difference", "name": "above", "of": ["spent", "usual"]},
        {"step": "group_mean", "name": "usually above", "of": "above", "by": "net"},
    )
    customers: dict[str, list[Any]] = {
        "spent": [1.0, 3.0, 8.0],
        "months": [1, 1, 1],
        "phone": ["yes"] * 3,
        "net": ["dsl", "dsl", "none"],
    }
    matrix = encode(schema, customers).matrix
    wide = program_of(with_means(schema, matrix)).derive(matrix)
    np.testing.assert_array_equal(wide[:, 4:], [[4, -3, -2], [4, -1, -2], [4, 4, 4]])


def test_a_schema_of_none_leaves_rows_as_they_are() -> None:
    schema = _schema()
    matrix = encode(schema, CUSTOMERS).matrix
    assert with_means(schema, matrix) is schema
    assert program_of(schema).derive(matrix) is matrix


def test_customers_and_their_encoding_are_the_same_with_them(telco_schema: FeatureSchema) -> None:
    schema = with_derived(telco_schema)
    assert (schema.features, schema.names, schema.columns) == (
        telco_schema.features,
        telco_schema.names,
        telco_schema.columns,
    )
    assert encoding_digest(schema) == encoding_digest(telco_schema)
    assert FeatureSchema.model_validate_json(schema.model_dump_json()) == schema
    assert schema.with_features([*schema.features, *schema.derived]) == schema
    assert schema.with_features(schema.features) == telco_schema


FAULTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "an unknown feature": (
        [{"step": "log", "name": "it", "of": "spend"}],
        "derived feature it: there is no feature spend; there is spent",
    ),
    "a word for a number": (
        [{"step": "ratio", "name": "it", "of": ["spent", "phone"]}],
        "phone is categorical, and a number is needed",
    ),
    "a number for a word": (
        [{"step": "count", "name": "it", "of": ["phone", "months"], "categories": ["yes"]}],
        "months is a number, and a categorical feature is needed",
    ),
    "itself": ([{"step": "log", "name": "it", "of": "it"}], "it is computed from itself"),
    "one below": (
        [{"step": "log", "name": "it", "of": "other"}, {"step": "log", "name": "other", "of": "it"}],
        "derived feature it: other is written further below",
    ),
    "a name twice": ([{"step": "log", "name": "spent", "of": "months"}], "a column is named twice: spent"),
    "the target's name": ([{"step": "log", "name": "churn", "of": "months"}], "a column is named twice: churn"),
    "edges that do not ascend": (
        [{"step": "bins", "name": "it", "of": "months", "edges": [3, 3]}],
        "edges must ascend",
    ),
    "a category that none has": (
        [{"step": "count", "name": "it", "of": ["phone", "net"], "categories": ["yes", "fiber"]}],
        "none of its features has the category fiber",
    ),
    "a feature with none of the categories": (
        [{"step": "count", "name": "it", "of": ["phone", "net"], "categories": ["yes"]}],
        "net has none of the categories that are counted; it has none, dsl, fibre",
    ),
    "means of other categories": (
        [{"step": "group_mean", "name": "it", "of": "months", "by": "net", "means": [1.0, 2.0]}],
        "2 means of 3 categories",
    ),
    "an unknown step": ([{"step": "product", "name": "it", "of": ["spent", "months"]}], "'product'"),
    "three of a ratio": ([{"step": "ratio", "name": "it", "of": ["spent", "months", "spent"]}], "at most 2"),
    "more than there may be": (
        [{"step": "log", "name": f"l{place}", "of": "spent"} for place in range(MOST_DERIVED + 1)],
        "1025 derived features, at most 1024",
    ),
}


@pytest.mark.parametrize(("derived", "message"), FAULTS.values(), ids=list(FAULTS))
def test_faults(derived: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        _schema(*derived)


def test_derived_features_alone_are_no_customer() -> None:
    with pytest.raises(ValidationError, match="at least one that customers have is needed"):
        FeatureSchema.model_validate(
            {**SCHEMA, "features": [{"kind": "derived", "step": "log", "name": "a", "of": "b"}]}
        )


def test_a_fault_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    text = """target: {name: churn, positive: "yes", negative: "no"}
features:
  - {kind: numeric, name: months}
  - {kind: derived, name: years, step: bins, of: months, edge: [12]}
"""
    (tmp_path / "schema.yaml").write_text(text)
    with pytest.raises(SpecError) as refused:
        FeatureSchema.from_yaml(tmp_path / "schema.yaml")
    assert "features: years: edges: the key is missing (line 4)" in str(refused.value)
    assert "features: years: edge: no such key; look for a typing error (line 4)" in str(refused.value)


def test_further_ones_are_checked_in_memory() -> None:
    schema = _schema()
    more = schema.with_features([*schema.features, Log(name="l", of="spent"), Difference(name="d", of=("l", "months"))])
    assert [one.name for one in more.derived] == ["l", "d"]
    with pytest.raises(ValidationError, match="there is no feature nobody"):
        schema.with_features([*schema.features, Log(name="l", of="nobody")])
