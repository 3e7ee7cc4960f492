"""In what a schema differs from the champion's, as far as scores depend on it."""

from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.stream_features.stream_feature import StreamFeature


def schema_changes(before: FeatureSchema, now: FeatureSchema) -> list[str]:
    """One phrase per difference in features, categories or target; empty where both encode and predict alike."""
    old, new = ({feature.name: _meaning(feature) for feature in schema.features} for schema in (before, now))
    changes = [f"{name} is new" for name in new if name not in old]
    changes += [f"{name} is gone" for name in old if name not in new]
    changes += [
        f"{name} has another kind, other categories or another window"
        for name in new
        if name in old and new[name] != old[name]
    ]
    if not changes and before.names != now.names:
        changes.append("the features have another order")
    if _classes(before) != _classes(now):
        changes.append("the target is another column or has other classes")
    return changes


def _meaning(feature: Feature) -> tuple[str, tuple[str | None, ...]]:
    if isinstance(feature, StreamFeature):
        return feature.kind, feature.definition
    return feature.kind, feature.categories if isinstance(feature, CategoricalFeature) else ()


def _classes(schema: FeatureSchema) -> tuple[str, str, str]:
    target = schema.target
    return target.name, target.positive[0], target.negative[0]
