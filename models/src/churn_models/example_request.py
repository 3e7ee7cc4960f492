"""A V2 request that the model answers, by name: written by `init`, shown in the served model's metadata."""

from typing import Any

from churn_models.feature_schema import Feature, FeatureSchema
from churn_models.numeric_feature import NumericFeature


def example_request(schema: FeatureSchema) -> dict[str, Any]:
    """One customer in the middle of what training saw, in the form of `POST /v2/models/NAME/infer`."""
    return {"inputs": [_tensor(feature) for feature in schema.features]}


def _tensor(feature: Feature) -> dict[str, Any]:
    numeric = isinstance(feature, NumericFeature)
    value = _middle(feature) if isinstance(feature, NumericFeature) else feature.categories[0]
    return {"name": feature.name, "datatype": "FP64" if numeric else "BYTES", "shape": [1], "data": [value]}


def _middle(feature: NumericFeature) -> float:
    bounds = feature.seen or feature.allowed
    if bounds is None:
        return 0.0
    middle = (bounds.low + bounds.high) / 2
    return float(round(middle)) if bounds.high - bounds.low > 2 else round(middle, 6)
