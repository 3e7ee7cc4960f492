"""Schemas encode alike or not, whatever else they say."""

from collections.abc import Callable
from typing import Any

import pytest
from churn_models.feature_schema import FeatureSchema
from churn_models.schema_digest import encoding_digest

SCHEMA: dict[str, Any] = {
    "features": [
        {"kind": "numeric", "name": "tenure"},
        {"kind": "categorical", "name": "contract", "categories": ["month", "year"]},
    ],
    "target": {"name": "churn", "positive": ["yes"], "negative": ["no"]},
}


def _digest(change: Callable[[dict[str, Any]], object] = lambda schema: None) -> str:
    schema = FeatureSchema.model_validate(SCHEMA).model_dump(mode="json")
    change(schema)
    return encoding_digest(FeatureSchema.model_validate(schema))


ALIKE: dict[str, Callable[[dict[str, Any]], object]] = {
    "what training saw": lambda schema: schema["features"][0].update(seen={"low": 0, "high": 7}),
    "an identity": lambda schema: schema.update(identity="customer"),
    "the case of a marker": lambda schema: schema.update(missing=[word.upper() for word in schema["missing"]]),
}
OTHER: dict[str, Callable[[dict[str, Any]], object]] = {
    "another order": lambda schema: schema["features"].reverse(),
    "another order of categories": lambda schema: schema["features"][1]["categories"].reverse(),
    "one more category": lambda schema: schema["features"][1]["categories"].append("decade"),
    "another name": lambda schema: schema["features"][0].update(name="months"),
    "one more marker": lambda schema: schema["missing"].append("-999"),
}


@pytest.mark.parametrize("change", ALIKE.values(), ids=list(ALIKE))
def test_alike(change: Callable[[dict[str, Any]], object]) -> None:
    assert _digest(change) == _digest()


@pytest.mark.parametrize("change", OTHER.values(), ids=list(OTHER))
def test_other(change: Callable[[dict[str, Any]], object]) -> None:
    assert _digest(change) != _digest()
