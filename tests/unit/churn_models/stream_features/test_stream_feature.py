"""What schema.yaml may say of a feature of the stream, and what a schema makes of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from churn_models.encoding import encode
from churn_models.errors import EncodingError, SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.schema_digest import encoding_digest
from churn_models.stream_features.layout import MOST_FEATURES, StateLayout

TARGET = {"name": "churned", "positive": "yes", "negative": "no"}
CALLS = {"kind": "stream", "name": "calls", "aggregate": "count", "window": "24h"}


def _schema(*features: dict[str, Any], **around: Any) -> FeatureSchema:
    listed = [{"kind": "numeric", "name": "months"}, *features]
    return FeatureSchema.model_validate({"features": listed, "target": TARGET, "identity": "id"} | around)


@pytest.mark.parametrize(
    ("feature", "fault"),
    [
        ("aggregate: count", "calls: count needs window: such as 24h"),
        ("aggregate: count, of: minutes, window: 24h", "calls: count has no of:"),
        ("aggregate: sum, window: 24h", "calls: sum needs of: the field of the event"),
        ("aggregate: last, of: minutes, window: 24h", "calls: last has no window:"),
        ("aggregate: time_since, half_life: 24h", "calls: time_since has no half_life:"),
        ("aggregate: decayed_sum, of: minutes", "calls: decayed_sum needs half_life: such as 7d"),
        ("aggregate: count, window: yesterday", "'yesterday' is no duration; write a number with s, m, h, d or w"),
        ("aggregate: count, window: 30s", "30s is not within 1m to 400d"),
        ("aggregate: count, window: 100w", "100w is not within 1m to 400d"),
        ("aggregate: median, of: minutes, window: 24h", "'count', 'sum', 'mean', 'last', 'time_since'"),
        ("aggregate: count, window: 24h, nullable: false", "nullable: Input should be True"),
    ],
)
def test_faults_are_told_in_words(feature: str, fault: str, tmp_path: Path) -> None:
    text = f"""features:
- {{kind: numeric, name: months}}
- {{kind: stream, name: calls, {feature}}}
target: {{name: churned, positive: yes_, negative: no_}}
identity: id
"""
    (tmp_path / "schema.yaml").write_text(text)
    with pytest.raises(SpecError) as refused:
        FeatureSchema.from_yaml(tmp_path / "schema.yaml")
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("features", "around", "fault"),
    [
        pytest.param([CALLS], {"identity": None}, "stream features need the column that names", id="no identity"),
        pytest.param([CALLS, CALLS], {}, "a column is named twice: calls", id="twice"),
        pytest.param(
            [CALLS | {"name": f"calls{number}"} for number in range(MOST_FEATURES + 1)],
            {},
            "65 stream features, at most 64",
            id="too many",
        ),
    ],
)
def test_schemas_that_cannot_be(features: list[dict[str, Any]], around: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        _schema(*features, **around)


def test_a_schema_of_nothing_but_the_stream_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least one that does not come from the stream"):
        FeatureSchema.model_validate({"features": [CALLS], "target": TARGET, "identity": "id"})


def test_it_stands_at_its_place_and_may_be_derived_from() -> None:
    schema = _schema(
        CALLS,
        {"kind": "categorical", "name": "plan", "categories": ["a"]},
        {"kind": "derived", "step": "ratio", "name": "rate", "of": ["calls", "months"]},
    )
    assert schema.scored_names == ("months", "calls", "plan", "rate")
    assert FeatureSchema.model_validate_json(schema.model_dump_json()) == schema


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"months": [1, 2], "calls": [3, None]}, [[1, 3], [2, np.nan]], id="given"),
        pytest.param({"months": [1, 2]}, [[1, np.nan], [2, np.nan]], id="absent: missing"),
    ],
)
def test_encoding(columns: dict[str, list[Any]], expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(encode(_schema(CALLS), columns).matrix, np.array(expected, dtype=np.float32))


def test_other_columns_may_not_be_absent() -> None:
    with pytest.raises(EncodingError, match="missing columns: months"):
        encode(_schema(CALLS), {"calls": [1]})


def test_another_window_is_another_encoding() -> None:
    one, other = _schema(CALLS), _schema(CALLS | {"window": "48h"})
    assert encoding_digest(one) != encoding_digest(other)
    assert encoding_digest(one) == encoding_digest(_schema(dict(CALLS)))


def test_the_largest_state() -> None:
    means = [{"kind": "stream", "name": f"m{n}", "aggregate": "mean", "of": f"f{n}", "window": "1h"} for n in range(64)]
    assert StateLayout.of(_schema(*means).stream).size <= 26 << 10
